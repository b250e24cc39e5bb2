// Files that the command line writes: never over one that is there, unless it was told to.
#pragma once

#include "base/fd.h"

namespace anteroom::cli {

// Written beside, and given its name when it is whole: who dies on the way leaves no half file under that name. Without `replace` a file
// that came there meanwhile stays.
class NewFile {
public:
    static Result<NewFile> create(std::string path, bool replace, unsigned mode = 0600);
    NewFile(NewFile&& other) noexcept
        : path_(std::move(other.path_)), written_to_(std::exchange(other.written_to_, {})), file_(std::move(other.file_)), replace_(other.replace_) {}
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();  // a file that was not finished is taken away

    Status write(View bytes) { return write_all(file_.get(), bytes); }
    Status finish();
    int descriptor() const { return file_.get(); }  // for who seeks in it, or reads it again

private:
    NewFile(std::string path, std::string written_to, Fd file, bool replace)
        : path_(std::move(path)), written_to_(std::move(written_to)), file_(std::move(file)), replace_(replace) {}
    Status take_name();
    std::string path_, written_to_;
    Fd file_;
    bool replace_;
};

// The public key that recordings are checked with: 64 hexadecimal digits, or base64, in one line.
Result<Bytes> read_signer(const std::string& path);

}  // namespace anteroom::cli
