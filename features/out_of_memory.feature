Feature: Out of memory
  Any allocation may fail. The kernel lets the first one fail that a program needs, then in a fresh
  machine the second, and so on: the program may end as it likes, but the kernel goes on, and nothing
  of what the program had is lost. `sweep` is tools/sweep_failures.py.

  Scenario Outline: Each <kind> that <program> needs may be missing
    When I run `sweep --kinds <kind> --step <step> <program>`
    Then it prints "sweep: <program>, <kind>: "
    And it prints " failures, 0 wrong"
    And the exit status is 0

    Examples:
      | program      | kind  | step |
      | hello.exe    | frame | 3    |
      | hello.exe    | heap  | 3    |
      | sections.exe | frame | 61   |
      | sections.exe | heap  | 41   |
      | memory.exe   | heap  | 29   |
