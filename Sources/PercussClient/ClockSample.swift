public import PercussTime
internal import PercussGATT
internal import PercussLink
internal import PercussWire

/// One exchange of clock readings with a device: somewhere between sending and arrival the device's clock showed that time.
public struct ClockSample: Equatable, Sendable {
  /// When the request was handed to the link.
  public var sentAt: MonotonicInstant
  /// When the reply arrived.
  public var receivedAt: MonotonicInstant
  /// The device's clock when the request arrived there, in microseconds.
  public var deviceMicroseconds: UInt64
  /// How long the device held the reply back; `nil` when that was 65.535 ms or longer.
  public var hold: Duration?

  /// The time on the way, there and back: how wrong an offset taken from this sample can be, at most half of it to either side.
  public var roundTrip: Duration { sentAt.duration(to: receivedAt) - (hold ?? .zero) }
}

extension Device {
  /// How long one clock exchange may take before it is tried again with another number.
  static let clockTimeout: Duration = .seconds(1)

  /// Asks for the device's clock. Requests or replies that are lost are asked for anew, three times in all.
  ///
  /// - Throws: `.noResponse` after 3 s; `.invalidArgument` when the device has no Clock; `.busy` with 16 exchanges under way.
  public func exchangeClock() async throws(DeviceError) -> ClockSample {
    let operation = "clock exchange"
    guard feature.features.contains(.clock) else {
      throw DeviceError(.invalidArgument("the device does not offer its clock"), during: operation)
    }
    for _ in 0..<3 {
      if let sample = try await attemptClockExchange(during: operation) { return sample }
      if Task.isCancelled { throw DeviceError(.cancelled, during: operation) }
    }
    throw DeviceError(.noResponse(attempts: 3), during: operation)
  }

  /// One exchange, which ``clock`` learns from; nil when it was lost or took longer than a second.
  func attemptClockExchange(during operation: String) async throws(DeviceError) -> ClockSample? {
    if let connectionEnd { throw DeviceError(.disconnected(connectionEnd), during: operation) }
    guard clockReplies.count < 16 else { throw DeviceError(.busy(limit: 16), during: operation) }
    let sequence = clockSequence
    clockSequence &+= 1
    let arrival = Awaited<(ClockReply, MonotonicInstant)>()
    clockReplies[sequence] = arrival
    let sentAt = timeline.now
    do {
      let request = ClockRequest(
        sequence: sequence, centralTimeMicroseconds: UInt64(truncatingIfNeeded: sentAt.microseconds))
      try await link.write(try request.bytes(), to: .percussClock, type: .command)
    } catch {
      clockReplies[sequence] = nil
      throw (error as? LinkError).map { DeviceError(link: $0, during: operation) }
        ?? DeviceError(.invalidArgument("\(error)"), during: operation)
    }
    let answer = await arrival.value(until: sentAt.advanced(by: Self.clockTimeout), on: timeline)
    clockReplies[sequence] = nil
    guard let (reply, receivedAt) = answer else { return nil }
    let sample = ClockSample(
      sentAt: sentAt, receivedAt: receivedAt, deviceMicroseconds: reply.deviceTimeMicroseconds,
      hold: reply.holdMicroseconds == .max ? nil : .microseconds(Int64(reply.holdMicroseconds)))
    clock.add(sample)
    return sample
  }
}
