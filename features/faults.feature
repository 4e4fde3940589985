Feature: A program's faults
  A program that does what it must not ends; the machine does not. The report says what happened in
  Windows' words and where, by the names in the program's symbol table.

  # QEMU's translator, on which the tests run, never raises the exceptions of SSE arithmetic, and
  # takes the instruction INT1 for an illegal one: `fault sse-divide` and `fault int1` need KVM.
  Scenario Outline: Each kind ends with its status
    When I run `pekoe fault.exe <kind>`
    Then it prints:
      """
      fault: <kind>, expecting <status>
      """
    And standard error says "fault.exe: <name> (<code>)"
    And standard error says "ended with <code> (<status>)"
    And the exit status is 255

    Examples: Reading, writing and executing what is not there or not allowed
      | kind              | name                       | code       | status                  |
      | read-null         | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | write-null        | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | exec-null         | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | write-code        | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | write-const       | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | exec-data         | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | exec-stack        | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | read-kernel       | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | write-kernel      | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | exec-kernel       | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | read-noncanonical | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | exec-noncanonical | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | read-last         | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | read-reserved     | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | read-noaccess     | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | write-shared      | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | bad-stack         | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | interrupt         | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |
      | double-fault      | EXCEPTION_ACCESS_VIOLATION | 0xC0000005 | STATUS_ACCESS_VIOLATION |

    Examples: Arithmetic
      | kind            | name                         | code       | status                        |
      | divide          | EXCEPTION_INT_DIVIDE_BY_ZERO | 0xC0000094 | STATUS_INTEGER_DIVIDE_BY_ZERO |
      | divide-overflow | EXCEPTION_INT_OVERFLOW       | 0xC0000095 | STATUS_INTEGER_OVERFLOW       |
      | int4            | EXCEPTION_INT_OVERFLOW       | 0xC0000095 | STATUS_INTEGER_OVERFLOW       |
      | x87-divide      | EXCEPTION_FLT_DIVIDE_BY_ZERO | 0xC000008E | STATUS_FLOAT_DIVIDE_BY_ZERO   |

    Examples: Debugging, and giving up
      | kind         | name                        | code       | status                      |
      | int3         | EXCEPTION_BREAKPOINT        | 0x80000003 | STATUS_BREAKPOINT           |
      | int2d        | EXCEPTION_BREAKPOINT        | 0x80000003 | STATUS_BREAKPOINT           |
      | single-step  | EXCEPTION_SINGLE_STEP       | 0x80000004 | STATUS_SINGLE_STEP          |
      | step-syscall | EXCEPTION_SINGLE_STEP       | 0x80000004 | STATUS_SINGLE_STEP          |
      | int2c        | STATUS_ASSERTION_FAILURE    | 0xC0000420 | STATUS_ASSERTION_FAILURE    |

    Examples: What only the kernel may do
      | kind    | name                          | code       | status                        |
      | illegal | EXCEPTION_ILLEGAL_INSTRUCTION | 0xC000001D | STATUS_ILLEGAL_INSTRUCTION    |
      | halt    | EXCEPTION_PRIV_INSTRUCTION    | 0xC0000096 | STATUS_PRIVILEGED_INSTRUCTION |
      | cli     | EXCEPTION_PRIV_INSTRUCTION    | 0xC0000096 | STATUS_PRIVILEGED_INSTRUCTION |
      | port    | EXCEPTION_PRIV_INSTRUCTION    | 0xC0000096 | STATUS_PRIVILEGED_INSTRUCTION |
      | cr3     | EXCEPTION_PRIV_INSTRUCTION    | 0xC0000096 | STATUS_PRIVILEGED_INSTRUCTION |

  Scenario: A fast fail says its reason
    When I run `pekoe fault.exe int29`
    Then standard error says "STATUS_STACK_BUFFER_OVERRUN (0xC0000409), FAST_FAIL_FATAL_APP_EXIT (7) at fault.exe!fault_int29"
    And the exit status is 255

  Scenario: The report names the place, and who called it
    When I run `pekoe crash.exe 2>report`
    Then the file "report" has a line like `crash\.exe: EXCEPTION_ACCESS_VIOLATION \(0xC0000005\) writing 0x0{16} at crash\.exe!inner\+0x\h+`
    And the file "report" has a line like `  #0  0x\h{16}  crash\.exe!inner\+0x\h+`
    And the file "report" has a line like `  #1  0x\h{16}  crash\.exe!middle\+0x\h+`
    And the file "report" has a line like `  #2  0x\h{16}  crash\.exe!outer\+0x\h+`
    And the file "report" has a line like `  #3  0x\h{16}  crash\.exe!main\+0x\h+`
    And the file "report" has a line like `  rip=\h{16} rsp=\h{16} .*`
    And the exit status is 255

  Scenario: What it had printed before is not lost
    When I run `pekoe crash.exe 2>/dev/null`
    Then it prints:
      """
      crash: main -> outer -> middle -> inner, which writes to address 0
      """

  Scenario: The next program runs
    When one machine runs `fault write-kernel` and then `hello after the fault`
    Then the serial line says "EXCEPTION_ACCESS_VIOLATION (0xC0000005) writing 0xffffffff80100000"
    And the serial line says "  2: [the]"
    And every program gave all its memory back
    And the exit status is 3
