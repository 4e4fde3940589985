Feature: Exceptions that programs handle
  What the processor refuses, or a program raises, reaches the program's own handlers first, with
  Windows' codes, records and registers. What they do not handle ends the program, and says why.

  Scenario Outline: Codes, registers, handlers, stacks
    When I run `pekoe --smp <processors> exceptions.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |

  Scenario Outline: Nobody handles it
    When I run `pekoe exceptions.exe <how>`
    Then it prints "exceptions: <words>"
    And standard error says "exceptions.exe: <report>"
    And standard error says "ended with <code>"
    And the exit status is 255

    Examples:
      | how        | words                             | code       | report                                                                       |
      | unhandled  | declining STATUS_ACCESS_VIOLATION | 0xC0000005 | EXCEPTION_ACCESS_VIOLATION (0xC0000005) writing 0x0000000000000020           |
      | fast-fail  | failing fast                      | 0xC0000409 | STATUS_STACK_BUFFER_OVERRUN (0xC0000409), FAST_FAIL_RANGE_CHECK_FAILURE (8)  |
      | bad-stack  | RSP is no stack                   | 0xC000001D | EXCEPTION_ILLEGAL_INSTRUCTION (0xC000001D) at exceptions.exe!end_bad_stack   |
      | dispatcher | a handler that fails              | 0xC000001D | EXCEPTION_ILLEGAL_INSTRUCTION (0xC000001D) at exceptions.exe!fail_at_once    |
      | overflow   | STATUS_STACK_OVERFLOW             | 0xC0000005 | EXCEPTION_ACCESS_VIOLATION (0xC0000005) writing                              |

  Scenario: A handler that was asked and declined leaves the report as it would have been
    When I run `pekoe exceptions.exe unhandled 2>report`
    Then the file "report" has a line like `  #0  0x\h{16}  exceptions\.exe!end_unhandled\+0x\h+`
    And the file "report" has a line like `  #1  0x\h{16}  exceptions\.exe!main\+0x\h+`

  Scenario: No handler runs when a program fails fast
    When I run `pekoe exceptions.exe fast-fail`
    Then it prints:
      """
      exceptions: failing fast
      """

  Scenario Outline: The process ends while its threads handle exceptions
    When one machine with <processors> processors runs `exceptions threads` and then `exceptions at-once`
    Then the last program gave all its memory back
    And the serial line says "exceptions: ending among them"
    And the serial line says "EXCEPTION_ACCESS_VIOLATION (0xC0000005) writing 0x0000000000000099"

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |
