// SPDX-License-Identifier: MIT
// A program without imports and without data that starts as zeros, which is what small alignments
// need: there the image is the file.

static volatile int number = 5;

int entry(void)
{
    return number;
}
