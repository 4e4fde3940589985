Feature: Threads
  Programs make threads, stop them, let them go on and end them, on any number of processors.

  Scenario Outline: Threads behave as documented on <processors> processors
    When I run `pekoe --smp <processors> threads.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |

  Scenario Outline: Threads begin where and how ntdll wants them to on <processors> processors
    When I run `pekoe --smp <processors> thunk.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |
