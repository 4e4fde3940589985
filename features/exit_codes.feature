Feature: Exit codes
  The program's exit code is pekoe's. A Windows exit code has 32 bits and one of the host only 8, so
  a larger one is printed in full, and becomes 255. 124 to 127 mean what they mean for `timeout`
  and `env`: too late, pekoe's own failure, not runnable, not found.

  Scenario Outline: Codes that fit are handed on
    When I run `pekoe exitcode.exe <code>`
    Then the exit status is <code>
    And it prints nothing
    And nothing is printed on standard error

    Examples:
      | code |
      | 0    |
      | 1    |
      | 42   |
      | 124  |
      | 127  |
      | 128  |
      | 254  |
      | 255  |

  Scenario Outline: Larger ones are printed, with their name if Windows has one
    When I run `pekoe exitcode.exe <code>`
    Then the exit status is 255
    And standard error is exactly "pekoe: exitcode.exe ended with <words>\n"

    Examples:
      | code       | words                                 |
      | 256        | 0x00000100 (STATUS_KERNEL_APC)        |
      | 4294967295 | 0xFFFFFFFF                            |
      | 0xC0000005 | 0xC0000005 (STATUS_ACCESS_VIOLATION)  |
      | 0xC000007B | 0xC000007B (STATUS_INVALID_IMAGE_FORMAT) |

  Scenario: pekoe's own mistakes
    When I run `pekoe --mem 5 hello.exe`
    Then the exit status is 125
    And standard error says "--mem 5: must be 32 to 65536 MiB"

  Scenario: A missing kernel
    When I run `PEKOE_KERNEL=/nowhere pekoe hello.exe`
    Then the exit status is 125
    And standard error says "/nowhere: no kernel"

  Scenario: Not a program
    Given a file "notes.exe" that holds "Dear diary"
    When I run `pekoe notes.exe`
    Then the exit status is 126
    And standard error says "does not start with MZ"

  Scenario: No such program
    When I run `pekoe nothing.exe`
    Then the exit status is 127
    And standard error says "nothing.exe: No such file or directory"
