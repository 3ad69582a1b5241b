#include "percuss_codec.h"
