Feature: Contexts that programs load
  Whatever registers a program asks for, what it gets is a thread in user mode, an exception of its
  own, or a status; never more than that.

  Scenario Outline: Forged fields, extended state, hardware breakpoints
    When I run `pekoe --smp <processors> contexts.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |

  Scenario Outline: Random contexts
    When I run `pekoe --timeout 100 --smp <processors> contexts.exe random <seed> 50000`
    Then it prints "contexts: seed <seed>, 50000 rounds"
    And all its checks hold

    Examples:
      | processors | seed       |
      | 1          | 1          |
      | 2          | 19045      |
      | 4          | 4294967311 |
