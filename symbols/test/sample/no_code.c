// SPDX-License-Identifier: MIT
// A file without a function: its table is empty, and must still be one.

const int sample_data = 1;
