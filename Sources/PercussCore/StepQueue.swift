internal import PercussWire

/// The streamed steps that have not begun, in order.
struct StepQueue {
  struct Step: Equatable {
    let index: UInt16
    /// Offset from the start of the stream, in milliseconds.
    let start: UInt64
    let segment: RoutineSegment

    var end: UInt64 { start + UInt64(segment.durationMilliseconds) }
  }

  let depth: Int
  private var steps: [Step] = []
  /// The index of the next step.
  private(set) var nextIndex: UInt16 = 0
  /// Where the next step may begin at the earliest, in milliseconds.
  private(set) var end: UInt64 = 0

  init(depth: UInt8) {
    self.depth = Int(depth)
  }

  var first: Step? { steps.first }
  var isEmpty: Bool { steps.isEmpty }
  var free: UInt8 { UInt8(truncatingIfNeeded: depth - steps.count) }

  /// Adds a step: with the next index, not before the end of the one before it, and where there is a place.
  mutating func append(index: UInt16, at start: UInt32, segment: RoutineSegment) {
    let step = Step(index: index, start: UInt64(start), segment: segment)
    steps.append(step)
    end = step.end
    // 65535 stands for no step, so the index wraps before it.
    nextIndex = index >= WireConstants.noStep - 1 ? 0 : index + 1
  }

  mutating func removeFirst() -> Step? {
    steps.isEmpty ? nil : steps.removeFirst()
  }

  /// Forgets the steps; the next index is 0.
  ///
  /// - Parameter end: where the step ends that goes on, in milliseconds; 0 without one.
  mutating func flush(end: UInt64 = 0) {
    steps.removeAll(keepingCapacity: true)
    nextIndex = 0
    self.end = end
  }
}
