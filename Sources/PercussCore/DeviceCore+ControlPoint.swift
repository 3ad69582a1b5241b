internal import PercussWire

/// How a control request ended: the result, and what the response tells beyond it.
struct ControlOutcome {
  let result: ControlResult
  let body: ControlResponse.Body

  private init(_ result: ControlResult, _ body: ControlResponse.Body) {
    self.result = result
    self.body = body
  }

  static var done: Self { Self(.success, .empty) }

  static func done(_ body: ControlResponse.Body) -> Self { Self(.success, body) }

  static func refused(_ result: ControlResult, _ body: ControlResponse.Body = .empty) -> Self { Self(result, body) }

  static func outOfRange(_ field: UInt8, _ minimum: UInt32, _ maximum: UInt32) -> Self {
    Self(.outOfRange, .parameterLimits(field: field, minimum: minimum, maximum: maximum))
  }

  /// What the decoder refused, as the response says it.
  init(_ error: WireError) {
    switch error.reason {
    case .truncated:
      self.init(.invalidLength, .empty)
    case .outOfRange(_, let minimum, let maximum):
      self = .outOfRange(error.field.parameterIndex ?? 0, UInt32(clamping: minimum), UInt32(clamping: maximum))
    case .unknownValue where error.field == .controlRequestOpCode:
      self.init(.unknownOpCode, .empty)
    default:
      self.init(.invalidParameter, .empty)
    }
  }
}

/// The Control Point: which requests are executed, once each, and in which order they are checked.
///
/// ```
/// header ► stop? ► indications ► place for the response ► sequence ► decode ► feature ► control ► state ► the request's own
/// 0x0D     done    0xFD          0xFE                     replay, conflict, stale
/// ```
extension DeviceCore {
  mutating func writeControlPoint(
    _ value: RawSpan, from index: Int, into actions: inout DeviceActions
  ) -> AttributeError? {
    guard let header = ControlRequest.Header(of: value) else { return .invalidAttributeValueLength }
    renewLease(of: index)
    idleSince = now
    let bytes = RequestBytes(value)
    if header.opCode == .stop {
      stop(header, bytes, from: index, into: &actions)
      return nil
    }
    guard let central = centrals[index] else { return nil }
    guard central.subscriptions.contains(.controlPoint) else { return .improperlyConfigured }
    guard central.responses.hasPlace else { return .procedureInProgress }
    switch central.window.verdict(on: bytes) {
    case .new:
      let outcome = perform(value, from: index, into: &actions)
      let response = self.response(to: header, outcome)
      let isSilent = outcome.result == .success && header.flags.contains(.quiet)
      centrals[index]?.window.record(bytes, response: isSilent ? nil : response)
      if !isSilent { respond(response, to: index, into: &actions) }
    case .replay(let response):
      if let response { respond(response, to: index, into: &actions) }
    case .conflict:
      respond(response(to: header, .refused(.sequenceConflict)), to: index, into: &actions)
    case .stale:
      respond(response(to: header, .refused(.stale)), to: index, into: &actions)
    }
    return nil
  }

  /// Nothing keeps a stop from being executed, and nothing in it is checked.
  private mutating func stop(
    _ header: ControlRequest.Header, _ bytes: RequestBytes, from index: Int, into actions: inout DeviceActions
  ) {
    let before = state
    endMotion(.command, into: &actions)
    if state == before, let lease, lease.holder != index {
      // At rest the holder would not notice, and go on.
      emit(stateEvent(state, previous: state, .command), into: &actions)
    }
    let response = self.response(to: header, .done)
    let isSilent = header.flags.contains(.quiet)
    if centrals[index]?.window.records(stop: bytes) == true {
      centrals[index]?.window.record(bytes, response: isSilent ? nil : response)
    }
    if !isSilent { respond(response, to: index, into: &actions) }
  }

  private func response(to header: ControlRequest.Header, _ outcome: ControlOutcome) -> ControlResponse {
    ControlResponse(
      opCode: header.opCode, sequence: header.sequence, result: outcome.result, state: state, body: outcome.body)
  }

  private mutating func perform(
    _ value: RawSpan, from index: Int, into actions: inout DeviceActions
  ) -> ControlOutcome {
    let request: ControlRequest
    do {
      request = try ControlRequest(decoding: value)
    } catch {
      return ControlOutcome(error)
    }
    if !hasFeature(for: request.body) { return .refused(.unsupported) }
    if let refusal = controlRefusal(request.body, from: index) { return .refused(refusal) }
    if let refusal = stateRefusal(request.body) { return .refused(refusal) }
    return execute(request.body, from: index, into: &actions)
  }

  private func hasFeature(for request: ControlRequest.Body) -> Bool {
    let features = rules.features
    switch request {
    case .requestControl, .releaseControl, .keepAlive, .reset, .stop, .setSpeed, .setTelemetry: return true
    case .pause, .resume: return features.contains(.routines) || features.contains(.stream)
    case .setForceLimit: return features.contains(.forceLimit)
    case .setTimer: return features.contains(.timer)
    case .preset: return features.contains(.presets)
    case .confirm: return features.contains(.wait)
    case .routineBegin, .routineCommit, .routineAbort, .routineQuery, .routineStart, .routineSeek, .routineClear,
      .routineValidate:
      return features.contains(.routines)
    case .queueStep, .queueFlush, .queueStart: return features.contains(.stream)
    }
  }

  private func controlRefusal(_ request: ControlRequest.Body, from index: Int) -> ControlResult? {
    switch request {
    case .requestControl: lease == nil || lease?.holder == index ? nil : .controlHeld
    case .stop, .routineQuery, .routineValidate, .setTelemetry: nil
    default: lease?.holder == index ? nil : .controlRequired
    }
  }

  private func stateRefusal(_ request: ControlRequest.Body) -> ControlResult? {
    let isPossible: Bool
    switch request {
    case .setSpeed, .preset: isPossible = state == .idle || state == .manual
    case .pause: isPossible = state == .routine || state == .stream || state == .waiting
    case .resume: isPossible = state == .paused
    case .routineSeek:
      isPossible = state == .routine || state == .waiting || (state == .paused && playback?.slot != nil)
    case .confirm: isPossible = state == .waiting
    case .routineStart, .queueStart: isPossible = state == .idle
    default: return nil
    }
    if isPossible { return nil }
    return state == .fault ? .faultActive : .wrongState
  }
}
