Feature: A reader's own program
  README says how to compile a program and how to run it. Here its lines are taken word for word.

  Scenario: The smallest program
    Given a checkout of the sources
    When I run the command lines of the section "Your own program" of "README.md"
    Then it prints:
      """
      Hello from the first program.
      0
      """
    And nothing is printed on standard error

  Scenario: README's examples
    Given a checkout of the sources
    When I run the command lines of the section "Using it" of "README.md"
    Then it prints "Hello from hello.exe on Windows 10.0 build 19045, with 2 arguments."
    And standard error says "NtWriteFile"
    And standard error says "crash.exe!inner"

  Scenario: An ordinary main, with the start-up library
    Given a checkout of the sources
    And a file "mine.c" with:
      """
      #include <user/print.h>
      #include <user/start.h>

      int main(int argc, char **argv)
      {
          print("%s has %d words\n", argv[0], argc);
          return 5;
      }
      """
    When I run `x86_64-w64-mingw32-gcc -O2 -ffreestanding -nostdlib -Iuserspace/include -Intcompat/include -Ibuild/userspace/include -o mine.exe mine.c build/userspace/libuser.a`
    Then nothing is printed on standard error
    When I run `pekoe mine.exe x y`
    Then it prints:
      """
      mine.exe has 3 words
      """
    And the exit status is 5
