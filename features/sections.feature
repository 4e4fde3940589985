Feature: Sections
  Programs share memory through sections, map files and images, and get copies where they ask for
  them. What processes have in common is there once.

  Scenario Outline: Sections behave as documented on <processors> processors
    When I run `pekoe --smp <processors> sections.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |
