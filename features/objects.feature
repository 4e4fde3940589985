Feature: Objects, handles and names
  Programs hold handles for objects, give them names, and find them by these: through directories and
  symbolic links, whatever the case of the letters where Windows ignores it.

  Scenario Outline: Objects behave as documented on <processors> processors
    When I run `pekoe --smp <processors> objects.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |
