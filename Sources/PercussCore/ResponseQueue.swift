internal import PercussWire

/// The responses that wait until the central has confirmed the indication before them.
///
/// Four places, and one more that only the answer to a stop may take; a newer stop takes it from an older one.
struct ResponseQueue {
  private var waiting: [ControlResponse] = []
  private var reserved: ControlResponse?
  /// Whether an indication was sent and is not confirmed yet.
  private(set) var isOutstanding = false

  /// Whether there is a place for the answer to a request that is no stop.
  var hasPlace: Bool { waiting.count < Int(WireConstants.responseQueueDepth) }

  /// How many responses wait.
  var count: Int { waiting.count + (reserved == nil ? 0 : 1) }

  mutating func append(_ response: ControlResponse) {
    if hasPlace && reserved == nil {
      waiting.append(response)
    } else if response.opCode == .stop {
      reserved = response
    } else if hasPlace {
      waiting.append(response)
    }
  }

  /// The response to send now, if the central is ready for one.
  mutating func next() -> ControlResponse? {
    guard !isOutstanding else { return nil }
    let response: ControlResponse
    if !waiting.isEmpty {
      response = waiting.removeFirst()
    } else if let stop = reserved {
      response = stop
      reserved = nil
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
