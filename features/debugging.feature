Feature: Debugging
  `scons debug` halts the machine before its first instruction and attaches gdb, with two commands more
  than usual: one goes to the kernel's beginning, one to the program's, and adds its symbols.

  Scenario: From the kernel's first line into a function of the program
    Given a file "commands" with:
      """
      kernel
      program crash.exe
      hbreak inner
      continue
      backtrace 2
      """
    When I run `boot --debug exe=crash.exe <commands`
    Then it prints "Temporary breakpoint 1, kernel_main"
    And it prints "start.c"
    And it prints "in inner ()"
    And it prints "in middle ()"
