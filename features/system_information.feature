Feature: Information about the system
  Programs ask the kernel about the machine: memory, processors and what they share, time, random
  numbers, processes and handles. Every class has its own rules for lengths.

  Scenario Outline: The answers are right, and as long as documented, on <processors> processors
    When I run `pekoe --smp <processors> system_information.exe`
    Then all its checks hold

    Examples:
      | processors |
      | 1          |
      | 2          |
      | 4          |
