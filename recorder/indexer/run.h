// From a recording to its index: piece by piece, and on while it is written.
#pragma once

#include "recorder/index.h"

namespace anteroom::indexer {

enum class Ended { done, let_go };

// `wait`: for more of a live recording; false: nobody wants it any longer. A recording that is damaged is indexed up to there.
Result<Ended> run(recorder::Reader& reader, recorder::IndexWriter& writer, const std::function<bool()>& wait);

}  // namespace anteroom::indexer
