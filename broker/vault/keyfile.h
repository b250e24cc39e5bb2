// The key file's text: how key material stands in it, plain or sealed under a passphrase, and how it is read back.
//
//     anteroom-keyring-v1
//     protection: none                                  or: argon2id m=65536 t=3 p=1 salt=<base64 of 16 bytes>
//     <base64 of the keys>                              or of nonce, ciphertext, tag; the lines above are authenticated
//     sha256: <hexadecimal, of the three lines above>
//
// The checksum tells damage from a wrong passphrase; it protects against nobody.
#pragma once

#include "base/crypto.h"

namespace anteroom::vault {

Result<Secret> write_keyfile(View keys, const Secret* passphrase);
// Errors say what is wrong, without the file's name: `damaged`, or `refused` for a missing or wrong passphrase.
Result<Secret> read_keyfile(const Secret& text, const Secret* passphrase);

}  // namespace anteroom::vault
