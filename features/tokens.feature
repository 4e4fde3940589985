Feature: Tokens, security and atoms
  Every program runs for the same ordinary user. Tokens say who that is and what he may do, threads may
  work with other tokens, and security descriptors say who may open an object.

  Scenario Outline: <program> behaves as documented on <processors> processors
    When I run `pekoe --smp <processors> <program>.exe`
    Then all its checks hold

    Examples:
      | program | processors |
      | tokens  | 1          |
      | tokens  | 2          |
      | tokens  | 4          |
      | atoms   | 1          |
      | atoms   | 2          |
      | atoms   | 4          |

  Scenario: Atoms last as long as the session
    When one machine runs `random 7 20000` and then `hello still here`
    Then the serial line says "still running"
    And every program gave all its memory back
