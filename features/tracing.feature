Feature: Tracing
  `pekoe --trace` shows each service that the program calls, as strace does for Linux: its name, its
  arguments, what it gave back and how long it took.

  Scenario: To a file
    When I run `pekoe --trace --log trace hello.exe`
    Then it prints "Hello from hello.exe"
    And the file "trace" has a line like `\[.*\] trace: \[\d+:\d+\] NtWriteFile\(FileHandle=.*\) = STATUS_SUCCESS, \d+\.\d{3} us`
    And the file "trace" has a line like `\[.*\] trace: \[\d+:\d+\] NtTerminateProcess\(.*`
    And nothing is printed on standard error

  Scenario: To standard error, while the program runs
    When I run `pekoe --trace sparse.exe`
    Then standard error says "NtAllocateVirtualMemory(ProcessHandle="
    And standard error says "NtFreeVirtualMemory("
    And all its checks hold

  Scenario: Values that come back are shown
    When I run `pekoe --trace --log trace sparse.exe`
    Then the file "trace" has a line like `.* NtAllocateVirtualMemory\(ProcessHandle=[^ ]+, BaseAddress=.* \[.* -> 0x\h+\], .*\) = STATUS_SUCCESS, .*`

  Scenario: A service that is not there
    When I run `pekoe --trace --log trace services.exe </dev/null`
    Then the file "trace" says "= STATUS_INVALID_SYSTEM_SERVICE"
    And the file "trace" says "= STATUS_NOT_IMPLEMENTED"

  Scenario: Without --trace, the log has no trace
    When I run `pekoe --log log hello.exe; grep -c trace: log`
    Then it prints "0"
