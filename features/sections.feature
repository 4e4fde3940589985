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

  # The program starts itself again and reads 2 MiB of the child's image: that takes no frames.
  Scenario: The second process that maps an image pays for its private pages only
    When I run `pekoe sections.exe`
    Then it prints "which takes no frames but for page tables: ok"
