Feature: User APCs
  A function that a thread was given runs when the thread waits alertably or asks for it, in order,
  and what it interrupts goes on as if nothing had been.

  Scenario Outline: Order, contents, exceptions among them
    When I run `pekoe --smp <processors> apcs.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |
