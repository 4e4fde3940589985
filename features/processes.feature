Feature: Processes
  Programs start programs, hand them handles, wait for them and end them.

  Scenario Outline: Processes behave as documented on <processors> processors
    When I run `pekoe --smp <processors> processes.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |

  Scenario: Of 10,000 starts nothing is left
    When I run `pekoe --timeout 250 processes.exe starts 10000`
    Then all its checks hold
