// SPDX-License-Identifier: MIT
/*
 * The symbol table's format, version 1. Written by symbols/pack/table.py, read by the C files here.
 *
 * The idea: half of a kernel's line table is noise that no clever structure removes, so the table
 * is a stream of Huffman codes, and only an index of every 32nd function is plain. To look an
 * address up is to find its block by binary search and to decode the block from its start.
 *
 * Numbers outside the stream are little-endian and not aligned. Bits in the stream run from the
 * highest of a byte to its lowest. The parts follow each other without gap:
 *
 *   header      36 bytes, below
 *   alphabets   letters, words, files, rows, lengths: each 16 x u16, how many codes have 1..16
 *               bits; then, but not for words and files, one u16 value per code, in code order
 *   groups      for each 32 words: u32 bit in the stream of the first one's text
 *   blocks      for each 32 functions: u32 start of the first, from `base`; u32 bit in the stream
 *   stream      word texts, file names, blocks
 *
 * Codes are canonical: of one length they count up, and the first of a length is the last of the
 * shorter ones plus one, shifted. A code's rank is its place in code order. A word or a file is its
 * rank; a letter, row or length is a number that its value describes: the upper 12 bits are the
 * number's leading bits, the lower 4 say how many raw bits of it follow in the stream.
 *
 *   word texts  in rank order: letters up to a letter 0. end_word and repeat_word are empty.
 *   file names  in rank order, from bit files_bit: a name each.
 *   name        words up to end_word. repeat_word stands for the word that was at the same place in
 *               the name before (of the same block, or of the file names); places are kept from
 *               further back if the name before was shorter. At most 24 words.
 *   block       up to 32 functions.
 *   function    rows up to one of the two that end it, then its name.
 *
 *   row         what it does (enum table_row), what that needs, and how many bytes it covers, a
 *               length. Rows cover their function without gap, so that their lengths give its size.
 *               Positions are (file, line). A row knows the last four, newest first: it steps from
 *               the newest or goes back to an older one, which becomes the newest. A function
 *               begins with one position: the first that the function before it had, or in a
 *               block's first function none, so that it must name its file.
 *   plain       a number without a code: 5 bits say how many bits follow.
 */

#pragma once

#define TABLE_MAGIC               "PEKOSYM1"
#define TABLE_HEADER_SIZE         36
#define TABLE_FUNCTIONS_PER_BLOCK 32
#define TABLE_BLOCK_SIZE          8
#define TABLE_WORDS_PER_GROUP     32
#define TABLE_GROUP_SIZE          4
#define TABLE_CODE_BITS_MAX       16
#define TABLE_NAME_WORDS_MAX      24
#define TABLE_RECENT_COUNT        4
#define TABLE_FUNCTION_ALIGNMENT  16

// Where the header's fields lie.
enum table_header {
    TABLE_AT_MAGIC = 0,           // 8 characters; the last is the version
    TABLE_AT_BASE = 8,            // u64, multiple of 16: what function starts count from
    TABLE_AT_SIZE = 16,           // u32, of the whole table
    TABLE_AT_FUNCTION_COUNT = 20, // u32
    TABLE_AT_END_WORD = 24,       // u32, rank
    TABLE_AT_REPEAT_WORD = 28,    // u32, rank
    TABLE_AT_FILES_BIT = 32,      // u32, where in the stream the file names start
};

enum table_row {
    TABLE_ROW_END_ALIGNED = 0, // the next function starts at the next multiple of 16
    TABLE_ROW_END_GAP = 1,     // plain: it starts so many bytes after this one's end
    TABLE_ROW_NO_LINE = 2,     // of no known position; the recent ones stay
    TABLE_ROW_OTHER_FILE = 3,  // file, then plain: line
    TABLE_ROW_BACK = 4,        // 4, 5, 6: back to the second, third, fourth newest position
    TABLE_ROW_STEP = 7,        // 7 + z: line difference z / 2 if z is even, else -(z + 1) / 2
};
