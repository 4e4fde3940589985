Feature: A program of the reader's own
  README says how to write, compile and run one. This is exactly that.

  Scenario: From README's lines to its output
    Given the file "mine.c" as README shows it
    When I run README's command lines for it
    Then it prints what README says it prints
