// Makes the installation that all unit tests of one CTest run copy: make_original FOLDER, which is emptied.
#include "tests/unit/installation/original.h"

int main(int, char** argv) {
    if (argv[1] == nullptr) return 2;
    anteroom::installation::testing::make_original(argv[1]);
    return 0;
}
