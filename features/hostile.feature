Feature: Hostile programs
  A stranger's program may do what it likes: it harms itself, not the machine, and the next program
  neither feels nor sees anything of it.

  Scenario: Calling the kernel from 32-bit code
    Some processors enter the kernel elsewhere from there. No program gets to such code.
    When one machine runs `hostile code32` and then `hello still here`
    Then the serial line says "EXCEPTION_ACCESS_VIOLATION"
    And the serial line says "hostile.exe!hostile_code32"
    And the serial line says "  1: [still]"
    And every program gave all its memory back

  Scenario: An IRET of the program's own
    When I run `pekoe --timeout 20 hostile.exe iret`
    Then it prints "hostile: leaving by iret"
    And it prints "hostile: arrived"
    And the exit status is 0

  Scenario: What a program leaves in segment registers ends with it
    When one machine runs `hostile selectors` and then `hostile selectors`
    Then the serial line says "hostile: 4 checks, 0 failed"
    And the serial line does not say "FAIL"
    And the exit status is 0

  Scenario Outline: Taking all memory
    When I run `pekoe --mem <MiB> hostile.exe memory`
    Then all its checks hold

    Examples:
      | MiB |
      | 32  |
      | 100 |

  Scenario: Taking it with page tables
    When one machine runs `hostile tables` and then `hello still here`
    Then the serial line says "hostile: a page in every 2 MiB"
    And the serial line says "  1: [still]"
    And every program gave all its memory back
    And the exit status is 2

  Scenario: 100,000 reservations, given back by nobody
    When one machine runs `hostile areas` and then `hello still here`
    Then the serial line says "hostile: 1 checks, 0 failed"
    And the serial line says "  1: [still]"
    And every program gave all its memory back
    And the exit status is 2

  Scenario: A program that takes the ground from under its feet
    It releases its process parameters, its PEB and its TEB.
    When I run `pekoe hostile.exe own`
    Then it prints "hostile: releasing parameters, PEB and TEB"
    And the exit status is 77

  Scenario: A program cannot fill the log
    When I run `pekoe --log log hostile.exe texts`
    Then all its checks hold
    And the file "log" says "hostile.exe has written 1000 lines to the log; more are dropped"

  Scenario Outline: Making <kind> until the kernel has no memory left
    They are refused at some point. What the program has committed before is there all the same, and the
    end of the program gives back what the kernel kept for it.
    When one machine with 32 MiB runs `hostile <kind>` and then `hostile <kind>`
    Then the last program gave all its memory back
    And the exit status is 77

    Examples:
      | kind          |
      | threads       |
      | ended-threads |
      | apcs          |
      | events        |
      | names         |
      | reservations  |
      | packets       |
      | timers        |
      | mutants       |
      | sections      |

  Scenario: Nearly all addresses at once
    When I run `pekoe --timeout 30 hostile.exe spans`
    Then all its checks hold

  Scenario: Answers hold nothing of the kernel's own
    When I run `pekoe --timeout 60 hostile.exe answers`
    Then all its checks hold
