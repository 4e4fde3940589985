Feature: Jobs
  Processes are put into groups that are limited, watched and ended together.

  Scenario Outline: Jobs behave as documented on <processors> processors
    When I run `pekoe --smp <processors> jobs.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |
