Feature: Synchronisation
  Threads wait for events, mutants, semaphores, timers and completion ports, for any or all of them,
  and no wake-up is lost, however they race.

  Scenario: The services behave as documented
    When I run `pekoe sync.exe`
    Then all its checks hold

  Scenario Outline: Threads that race
    When I run `pekoe --smp <processors> --timeout 120 <program>.exe`
    Then all its checks hold

    Examples:
      | program    | processors |
      | waits      | 1          |
      | waits      | 2          |
      | waits      | 4          |
      | completion | 1          |
      | completion | 2          |
      | completion | 4          |
      | timers     | 1          |
      | timers     | 2          |
      | timers     | 4          |

  Scenario: Everything that the threads used comes back, also from those that still wait at the end
    When one machine runs `waits` and then `waits`
    Then the last program gave all its memory back
    And the exit status is 0

  Scenario: The same for completion ports and timers
    When one machine runs `completion` and then `timers`
    Then the last program gave all its memory back
    And the exit status is 0
