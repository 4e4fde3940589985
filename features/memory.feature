Feature: Memory
  Reserving address space costs nothing, a page costs memory when it is touched, and the stack grows
  page by page. Where a program goes too far, it gets the status that Windows gives.

  Scenario Outline: The memory services behave as documented on <processors> processors
    When I run `pekoe --smp <processors> memory.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |

  Scenario: A reservation of 64 GiB in a machine of 64 MiB
    When I run `pekoe --mem 64 sparse.exe`
    Then it prints "64 GiB, a page in every 4 GiB"
    And all its checks hold

  Scenario Outline: The stack grows to what the program asked for
    MinGW's programs reserve 2 MiB and commit one page of it.
    When I run `pekoe recurse.exe <depth>`
    Then it prints:
      """
      recurse: <what>
      """
    And the exit status is 0

    Examples:
      | depth | what                                |
      | 1     | 1 KiB of stack used and checked     |
      | 100   | 100 KiB of stack used and checked   |
      | 1900  | 1900 KiB of stack used and checked  |
      | frame | a frame of 256 KiB works            |

  Scenario: And no further
    When I run `pekoe recurse.exe forever`
    Then standard error says "EXCEPTION_STACK_OVERFLOW (0xC00000FD)"
    And standard error says "recurse.exe!go_down"
    And standard error says "ended with 0xC00000FD (STATUS_STACK_OVERFLOW)"
    And the exit status is 255

  Scenario: A guard page warns once
    When I run `pekoe guard.exe touch`
    Then standard error says "EXCEPTION_GUARD_PAGE (0x80000001)"
    And standard error says "ended with 0x80000001 (STATUS_GUARD_PAGE_VIOLATION)"
    And the exit status is 255

  Scenario: It warns services, too
    When I run `pekoe guard.exe service`
    Then all its checks hold

  Scenario: All memory comes back when a program ends
    When one machine runs `sparse` and then `recurse forever`
    Then the serial line says "sparse: 12 checks, 0 failed"
    And the serial line says "STATUS_STACK_OVERFLOW"
    And every program gave all its memory back

  Scenario Outline: A storm of random operations by several threads and processes on <processors> processors
    When I run `pekoe --smp <processors> --timeout 120 memory_storm.exe 60 <seed>`
    Then it prints "memory_storm: all in order"
    And the exit status is 0

    Examples:
      | processors | seed |
      | 1          | 1    |
      | 2          | 2    |
      | 4          | 4    |
