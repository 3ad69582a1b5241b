internal import PercussWire

/// What a device accepts as a segment, in a routine and in a stream.
struct SegmentRules {
  let features: DeviceFeatures
  let speedMinimum: UInt16
  let speedMaximum: UInt16
  let speedStep: UInt16
  let forceMaximum: UInt16

  init(model: DeviceModel) {
    features = DeviceFeatures(rawValue: model.features)
    speedMinimum = model.speedMinimumPPM
    speedMaximum = model.speedMaximumPPM
    speedStep = max(1, model.speedStepPPM)
    forceMaximum = model.forceMaximumDecinewtons
  }

  /// What is wrong with a parameter. The field is counted from 0 within the segment.
  enum Fault: Equatable {
    case outOfRange(field: UInt8, minimum: UInt32, maximum: UInt32)
    case invalid
    case unsupported
  }

  /// The limits that a speed violates; nil for a speed that the device has, 0 included.
  func limits(violatedBy speed: UInt16) -> (minimum: UInt32, maximum: UInt32)? {
    if speed == 0 { return nil }
    guard speedMinimum <= speed, speed <= speedMaximum else { return (UInt32(speedMinimum), UInt32(speedMaximum)) }
    let rest = speed % speedStep
    if rest == 0 { return nil }
    let below = UInt32(speed - rest)
    return (below, below + UInt32(speedStep))
  }

  /// What is wrong with a segment, if anything.
  func fault(in segment: RoutineSegment, isStreamed: Bool) -> Fault? {
    let force = segment.forceLimitDecinewtons
    if force != 0 {
      if !features.contains(.forceLimit) { return .unsupported }
      if force > forceMaximum { return .outOfRange(field: 1, minimum: 0, maximum: UInt32(forceMaximum)) }
    }
    switch segment.kind {
    case .hold:
      if segment.speedFromPPM == 0 {
        return .outOfRange(field: 2, minimum: UInt32(speedMinimum), maximum: UInt32(speedMaximum))
      }
    case .ramp: break
    case .wait where isStreamed: return .invalid
    case .wait where !features.contains(.wait): return .unsupported
    case .rest, .wait:
      return segment.speedFromPPM == 0 && segment.speedToPPM == 0 ? nil : .invalid
    }
    if let limits = limits(violatedBy: segment.speedFromPPM) {
      return .outOfRange(field: 2, minimum: limits.minimum, maximum: limits.maximum)
    }
    if let limits = limits(violatedBy: segment.speedToPPM) {
      return .outOfRange(field: 3, minimum: limits.minimum, maximum: limits.maximum)
    }
    if segment.kind == .hold && segment.speedFromPPM != segment.speedToPPM { return .invalid }
    return nil
  }
}
