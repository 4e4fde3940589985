Feature: Standard input, output and error
  Bytes pass through as they are: no line end is translated, no message of the kernel comes between.

  Scenario: A megabyte of random bytes, there and back
    Given a file "sent" with 1048576 random bytes
    When I run `pekoe cat.exe <sent >received`
    Then the files "sent" and "received" are equal
    And nothing is printed on standard error
    And the exit status is 0

  Scenario: Through pipes on both sides, in pieces of any size
    Given a file "sent" with 1000000 random bytes
    When I run `dd if=sent bs=777 2>/dev/null | pekoe cat.exe | dd bs=1234 of=received 2>/dev/null`
    Then the files "sent" and "received" are equal

  Scenario: Standard error is a stream of its own
    Given a file "sent" with 300000 random bytes
    When I run `pekoe cat.exe --stderr <sent 2>received`
    Then it prints nothing
    And the files "sent" and "received" are equal

  Scenario: Through two programs
    Given a file "sent" with 200000 random bytes
    When I run `pekoe cat.exe <sent | pekoe cat.exe >received`
    Then the files "sent" and "received" are equal

  Scenario: No input at all
    When I run `pekoe cat.exe </dev/null`
    Then it prints nothing
    And the exit status is 0

  Scenario: Input that comes slowly is passed on at once
    When I run `(echo one; sleep 2; echo two) | pekoe cat.exe | (read first; date +%s >at.first; read second; date +%s >at.second; echo $first $second); test $(cat at.second) -gt $(cat at.first)`
    Then it prints:
      """
      one two
      """
    And the exit status is 0

  Scenario: Line ends stay as they are
    When I type "unix\nno end" into `pekoe cat.exe | od -An -c`
    Then it prints:
      """
         u   n   i   x  \n   n   o       e   n   d
      """

  Scenario: A program that does not read its input
    Given a file "sent" with 1000000 random bytes
    When I run `pekoe exitcode.exe 7 <sent`
    Then the exit status is 7

  Scenario: A reader that goes away
    The program sees a broken pipe, and ends with the status for that.
    Given a file "sent" with 1000000 random bytes
    When I run `{ pekoe --timeout 60 cat.exe <sent; echo $? >status; } | head -c 10 >/dev/null; cat status`
    Then standard error says "STATUS_PIPE_BROKEN"
