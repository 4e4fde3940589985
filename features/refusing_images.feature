Feature: Refusing images
  What is no runnable 64-bit Windows program is refused with a sentence that says why, the status that
  Windows gives, and exit code 126. The machine survives every one of them.

  Scenario: A program that needs DLLs
    There is no DLL layer yet; the message names what is missing.
    When I run `pekoe imports.exe`
    Then standard error says "imports.exe: needs KERNEL32.dll (first of 2 DLLs)"
    And standard error says "STATUS_DLL_NOT_FOUND"
    And the exit status is 126

  Scenario Outline: Not a Windows program at all
    Given a file "a.exe" that holds "<text>"
    When I run `pekoe a.exe`
    Then standard error says "<words>"
    And the exit status is 126

    Examples:
      | text              | words                   |
      | #!/bin/sh         | does not start with MZ  |
      | M                 | does not start with MZ  |
      |                   | does not start with MZ  |
      | MZ                | a.exe                   |
      | MZ and some words | a.exe                   |

  Scenario Outline: A header that says so
    Given "a.exe" is a copy of "hello.exe" with the <field> <value>
    When I run `pekoe a.exe`
    Then standard error says "<words>"
    And standard error says "<status>"
    And the exit status is 126
    And it prints nothing

    Examples:
      | field                | value      | words                                       | status                              |
      | machine type         | 0x014C     | a.exe: the image is                         | STATUS_INVALID_IMAGE                |
      | machine type         | 0xAA64     | the image is for another kind of processor  | STATUS_IMAGE_MACHINE_TYPE_MISMATCH  |
      | optional header kind | 0x010B     | a.exe: the image is a 32-bit (PE32) image   | STATUS_INVALID_IMAGE_WIN_32         |
      | optional header kind | 0x0107     | the optional header is of an unknown kind   | STATUS_INVALID_IMAGE_FORMAT         |
      | number of sections   | 0xFFFF     | the image has more than 96 sections         | STATUS_INVALID_IMAGE_FORMAT         |
      | section alignment    | 0x0003     | the section alignment is invalid            | STATUS_INVALID_IMAGE_FORMAT         |
      | image size           | 0xFFFFFFFF | the size of the image is zero or over 2 GiB | STATUS_INVALID_IMAGE_FORMAT         |
      | image size           | 0x2000     | reaches beyond the size of the image        | STATUS_INVALID_IMAGE_FORMAT         |
      | headers size         | 0x0010     | the size of the headers contradicts         | STATUS_INVALID_IMAGE_FORMAT         |
      | entry point          | 0x7FFFFFFF | the entry point lies outside the image      | STATUS_INVALID_IMAGE_FORMAT         |
      | characteristics      | 0x2022     | a.exe: is a DLL, not a program              | STATUS_INVALID_IMAGE_FORMAT         |
      | subsystem            | 0x000A     | a.exe: is made for subsystem 10             | STATUS_INVALID_IMAGE_FORMAT         |
      | import directory     | 0xFFFFFF00 | a.exe:                                      | STATUS_INVALID_IMAGE_FORMAT         |

  Scenario Outline: Sections in each other's way
    Given "a.exe" is a copy of "hello.exe" whose second section lies at <rva>
    When I run `pekoe a.exe`
    Then standard error says "a.exe: a section"
    And standard error says "STATUS_INVALID_IMAGE_FORMAT"
    And the exit status is 126

    Examples:
      | rva        |
      | 0x1000     |
      | 0x7FFFF000 |
      | 0xFFFFF000 |
      | 0x1234     |

  Scenario Outline: A file that was cut off
    Given "a.exe" is a copy of "hello.exe" that is cut to <size> bytes
    When I run `pekoe a.exe`
    Then standard error says "a.exe: "
    And the exit status is 126

    Examples:
      | size |
      | 2    |
      | 63   |
      | 64   |
      | 130  |
      | 300  |
      | 600  |
      | 1024 |
      | 2000 |

  Scenario: The next program runs
    Given "bad.exe" is a copy of "hello.exe" that is cut to 600 bytes
    When one machine runs `bad x` and then `hello after the bad one`
    Then the serial line says "pekoe: refused"
    And the serial line says "  2: [the]"
    And every program gave all its memory back
    And the exit status is 4
