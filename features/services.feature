Feature: System services
  Programs call the kernel by the numbers of Windows 10, build 19045. No number and no argument can
  harm the machine.

  Scenario: The services behave as documented
    When I run `echo input | pekoe services.exe`
    Then all its checks hold

  Scenario: 200,000 random calls with random arguments
    When one machine runs `random 1 200000` and then `hello still here`
    Then the serial line says "still running"
    And the serial line says "  1: [still]"
    And every program gave all its memory back
    And the exit status is 2

  Scenario Outline: Other random calls
    When I run `pekoe --timeout 200 random.exe <seed> 30000`
    Then it prints "still running"
    And the exit status is 0

    Examples:
      | seed     |
      | 2        |
      | 19045    |
      | 99999999 |

  Scenario: NMIs that arrive at any instruction, also between the program and the kernel
    When NMIs keep coming while one machine runs `random 3 200000`
    Then the serial line says "still running"
    And the machine has counted at least 200 NMIs
    And the exit status is 0
