Feature: Bad pointers
  Every system service that is built is called with each of its pointers bad in every way: null, the
  kernel's, not canonical, without memory, read-only, over the end of a page, misaligned. It returns
  the documented status and leaves the program as it was.

  Scenario Outline: No service falls for a bad pointer on <smp> processors
    When I run `yes input | head -c 200000 | pekoe --smp <smp> table.exe`
    Then all its checks hold

    Examples:
      | smp |
      | 1   |
      | 2   |
