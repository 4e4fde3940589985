// SPDX-License-Identifier: MIT
// The sample's second file: a function named like one of the first file, long names, and enough
// small functions for several blocks of the table.

#include "shared.h"

__attribute__((noinline)) static int twin(int value)
{
    sample_state += 2 * value;
    return sample_state;
}

#define LONG_NAME                                                                                  \
    a_name_of_many_words_that_goes_on_and_on_past_what_a_buffer_of_the_resolver_can_hold_so_that_it_is_cut_before_it_says_everything

int LONG_NAME(int value)
{
    return shared_kept(value) + 1;
}

// Many words, but not many characters.
int a_B_C_D_E_F_G_H_I_J_K_L_M_N_O_P_Q_R_S_T_U_V_W_X_Y_Z_0_1_2(int value)
{
    return shared_kept(value) + 2;
}

#define SMALL(n)                                                                                   \
    int small_##n(int value)                                                                       \
    {                                                                                              \
        return twin(value) * n + shared_inlined(value);                                            \
    }

#define SEVEN(n) SMALL(n##1) SMALL(n##2) SMALL(n##3) SMALL(n##4) SMALL(n##5) SMALL(n##6) SMALL(n##7)

SEVEN(1)
SEVEN(2)
SEVEN(3)
SEVEN(4)
SEVEN(5)
SEVEN(6)
SEVEN(7)
SEVEN(8)
SEVEN(9)

int sample_second(int value)
{
    return twin(value) + small_11(value) + LONG_NAME(value) +
           a_B_C_D_E_F_G_H_I_J_K_L_M_N_O_P_Q_R_S_T_U_V_W_X_Y_Z_0_1_2(value);
}
