// Each check is one member; each reports and goes on as far as the bytes allow.
#include "recorder/verify.h"

#include "recorder/create.h"

namespace anteroom::recorder {

namespace {

constexpr std::size_t most_problems = 100;

struct Expected {  // something signed or known about a prefix
    std::uint64_t count = 0;
    std::optional<std::uint64_t> bytes;
    Digest root{};
    std::string who;
    bool from_audit = false;
};

}  // namespace

class Verifier::Verification {
public:
    Verification(const Extent& file, VerifyInput input) : file_(file), input_(std::move(input)) {}

    Status begin() {
        size_ = TRY(size_of(file_));
        auto header = read_header(file_);
        if (!header) {
            report(Fault::header, no_piece, 0, header.error().detail);
            return ok();
        }
        begin_ = encode(*header).size();
        header_hash_ = hash_of(*header);
        if (crypto::sha256(input_.signer_public_key) != header->signer) report(Fault::header, no_piece, 89, "the header names another signer");
        report_.header = std::move(*header);
        check_final();
        collect_expected();
        next_ = expected_.begin();
        scanner_.emplace(file_, begin_);
        return ok();
    }

    Result<bool> step(std::size_t pieces) {
        if (!scanner_) return false;
        for (; pieces > 0; --pieces)
            if (!TRY(walk_on())) {
                check_end();
                return false;
            }
        return true;
    }
    std::uint64_t checked() const { return scanner_ ? scanner_->count() : report_.count; }
    const VerifyReport& report() const { return report_; }

private:
    void report(Fault fault, std::uint64_t piece, std::uint64_t offset, std::string text) {
        if (report_.problems.size() < most_problems) report_.problems.push_back({.fault = fault, .piece = piece, .offset = offset, .text = std::move(text)});
    }

    void check_final() {
        end_ = size_;
        auto found = find_final(file_, begin_, size_);
        if (!found) return;
        if (!final_signature_holds(found->frame, header_hash_, input_.signer_public_key))
            report(Fault::signature, no_piece, found->offset, "the signature over header and final frame does not hold");
        if (found->final.bytes != found->offset)
            report(Fault::order, no_piece, found->offset, "the final frame says that it stands at " + std::to_string(found->final.bytes));
        end_ = found->offset;
        report_.final = std::move(found->final);
    }

    void collect_expected() {
        if (input_.checkpoints) {
            auto known = read_checkpoints(*input_.checkpoints, header_hash_, input_.signer_public_key);
            for (auto& problem : known.problems) report(problem.fault, problem.piece, problem.offset, std::move(problem.text));
            if (report_.final && report_.final->checkpoints != known.list.size())
                report(Fault::checkpoint, no_piece, input_.checkpoints->size(),
                       "checkpoints: the final frame counts " + std::to_string(report_.final->checkpoints) + ", here are " + std::to_string(known.list.size()));
            for (const auto& point : known.list)
                expected_.push_back({.count = point.count, .bytes = point.bytes, .root = point.root, .who = "checkpoint " + std::to_string(point.sequence)});
        }
        for (const auto& known : input_.known_roots)
            expected_.push_back({.count = known.count, .bytes = {}, .root = known.root, .who = "the audit log", .from_audit = true});
        std::sort(expected_.begin(), expected_.end(), [](const auto& a, const auto& b) { return a.count < b.count; });
    }

    // One piece; false: there is none.
    Result<bool> walk_on() {
        for (; next_ != expected_.end() && next_->count == scanner_->count(); ++next_) compare(*next_, *scanner_, last_good_);
        return scanner_->step(end_);
    }

    void check_end() {
        const Scanner& scanner = *scanner_;
        report_.count = scanner.count();
        report_.bytes = scanner.offset();
        report_.root = scanner.root();
        index_ = scanner.index().entries();
        stride_ = scanner.index().stride();
        if (scanner.offset() != end_) check_stop(scanner);
        if (!report_.final && !input_.live) report(Fault::truncated, no_piece, size_, "the recording ends without a final frame");
        for (; next_ != expected_.end(); ++next_)
            report(Fault::truncated, scanner.count(), scanner.offset(),
                   next_->who + " knows " + std::to_string(next_->count) + " pieces, here are " + std::to_string(scanner.count()));
        check_against_final();
        settle();
        scanner_.reset();
    }

    void compare(const Expected& expected, const Scanner& scanner, std::uint64_t& last_good) {
        const bool same = scanner.root() == expected.root && (!expected.bytes || *expected.bytes == scanner.offset());
        if (same) {
            ++(expected.from_audit ? report_.known_roots : report_.checkpoints);
            last_good = expected.count;
            return;
        }
        report(expected.from_audit ? Fault::root : Fault::checkpoint, last_good, scanner.offset(),
               "pieces " + std::to_string(last_good) + " to " + std::to_string(expected.count) + " are not what " + expected.who + " signed");
    }

    void check_stop(const Scanner& scanner) {
        const auto& why = scanner.problem();
        if (!why) return report(Fault::truncated, scanner.count(), scanner.offset(), "the pieces end early");
        if (why->fault == Fault::truncated && input_.live && !report_.final) return;
        // Where a final frame begins but is not found from the end, it is that frame which is hurt, not a piece.
        const auto head = read_at(file_, scanner.offset(), 5);
        if (!report_.final && head && head->size() == 5 && (*head)[4] == static_cast<std::uint8_t>(FrameType::final))
            return report(Fault::truncated, no_piece, scanner.offset(), "a final frame begins here and is not whole or not well-formed");
        report(why->fault, why->piece, why->offset, why->text);
    }

    void check_against_final() {
        if (!report_.final) return;
        const FinalFrame& final = *report_.final;
        if (report_.count != final.count)
            report(Fault::order, report_.count, report_.bytes,
                   "the final frame counts " + std::to_string(final.count) + " pieces, here are " + std::to_string(report_.count));
        if (root_of(final.index) != final.root) report(Fault::root, no_piece, final.bytes, "the final frame's index and root contradict each other");
        if (report_.root != final.root && report_.count == final.count)
            report(Fault::root, no_piece, final.bytes, "the pieces are not those that the final frame signed");
        if (final.stride != stride_) return;
        for (std::size_t i = 0; i < std::min(index_.size(), final.index.size()); ++i) {
            if (index_[i] == final.index[i]) continue;
            const std::uint64_t piece = i * std::uint64_t{stride_};
            report(Fault::root, piece, index_[i].offset,
                   stride_ == 1 ? "not the piece that was signed"
                                : "among this piece and the " + std::to_string(stride_ - 1) + " behind it, one is not what was signed");
        }
    }

    void settle() {
        const auto truncated = [](const Problem& problem) { return problem.fault == Fault::truncated; };
        if (report_.problems.empty())
            report_.state = !report_.final ? State::live : report_.final->ending == Ending::complete ? State::complete : State::recovered;
        else if (!report_.final && std::all_of(report_.problems.begin(), report_.problems.end(), truncated)) report_.state = State::torn;
    }

    Extent file_;
    VerifyInput input_;
    VerifyReport report_;
    std::uint64_t size_ = 0, begin_ = 0, end_ = 0;  // end_: of the pieces
    Digest header_hash_{};
    std::vector<Expected> expected_;
    std::vector<Expected>::iterator next_;
    std::optional<Scanner> scanner_;  // while there is something to check
    std::uint64_t last_good_ = 0;
    std::vector<IndexEntry> index_;
    std::uint32_t stride_ = 1;
};

Verifier::Verifier(std::unique_ptr<Verification> all) : all_(std::move(all)) {}
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier::~Verifier() = default;

Result<Verifier> Verifier::begin(const Extent& recording, VerifyInput input) {
    Verifier out(std::make_unique<Verification>(recording, std::move(input)));
    TRY(out.all_->begin());
    return out;
}

Result<bool> Verifier::step(std::size_t pieces) { return all_->step(pieces); }
std::uint64_t Verifier::checked() const { return all_->checked(); }
const VerifyReport& Verifier::report() const { return all_->report(); }

Result<VerifyReport> verify(const Extent& recording, const VerifyInput& input) {
    constexpr std::size_t a_turn = 1024;
    auto verifier = TRY(Verifier::begin(recording, input));
    while (TRY(verifier.step(a_turn))) continue;
    return verifier.report();
}

}  // namespace anteroom::recorder
