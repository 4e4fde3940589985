Feature: Stress
  Ten threads do random operations on objects that they share: waits of all kinds, APCs, suspension,
  termination, processes, memory. No wake-up is lost, everything counted adds up, and there are as
  many objects and handles afterwards as before. The seed is printed; with it the threads choose the
  same operations again, though not the same interleaving.

  Scenario Outline: A minute of everything at once on <smp> processors
    When I run `pekoe --smp <smp> --timeout 400 stress.exe 60 <seed>`
    Then it prints "all in order"
    And the exit status is 0

    Examples:
      | smp | seed |
      | 1   | 1    |
      | 2   | 2    |
      | 4   | 4    |
