// Files that the command line writes: never over one that is there, unless it was told to.
#pragma once

#include "base/fd.h"

namespace anteroom::cli {

// `replace`: the new content takes the old one's place at once, when it is whole.
class NewFile {
public:
    static Result<NewFile> create(std::string path, bool replace, unsigned mode = 0600);
    NewFile(NewFile&& other) noexcept : path_(std::move(other.path_)), written_to_(std::exchange(other.written_to_, {})), file_(std::move(other.file_)) {}
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();  // a file that was not finished is taken away

    Status write(View bytes) { return write_all(file_.get(), bytes); }
    Status finish();
    int descriptor() const { return file_.get(); }  // for who seeks in it

private:
    NewFile(std::string path, std::string written_to, Fd file) : path_(std::move(path)), written_to_(std::move(written_to)), file_(std::move(file)) {}
    std::string path_, written_to_;
    Fd file_;
};

// The public key that recordings are checked with: 64 hexadecimal digits, or base64, in one line.
Result<Bytes> read_signer(const std::string& path);

}  // namespace anteroom::cli
