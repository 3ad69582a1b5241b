internal import PercussWire

/// The responses that wait until the central has confirmed the indication before them.
///
/// Four places, first in, first out, and one more for the answer to a stop, which goes out before the others; a newer stop takes
/// it from an older one.
struct ResponseQueue {
  private var waiting: [ControlResponse] = []
  private var stop: ControlResponse?
  /// Whether an indication was sent and is not confirmed yet.
  private(set) var isOutstanding = false

  /// Whether there is a place for the answer to a request that is no stop.
  var hasPlace: Bool { waiting.count < WireConstants.responseQueueDepth }

  /// How many responses wait.
  var count: Int { waiting.count + (stop == nil ? 0 : 1) }

  mutating func append(_ response: ControlResponse) {
    if response.opCode == .stop {
      stop = response
    } else if hasPlace {
      waiting.append(response)
    }
  }

  /// The response to send now, if the central is ready for one.
  mutating func next() -> ControlResponse? {
    guard !isOutstanding else { return nil }
    let response: ControlResponse
    if let stop {
      response = stop
      self.stop = nil
    } else if !waiting.isEmpty {
      response = waiting.removeFirst()
    } else {
      return nil
    }
    isOutstanding = true
    return response
  }

  mutating func confirmed() {
    isOutstanding = false
  }
}
