public import PercussTime
public import PercussWire

/// Brings one routine into a slot: asks what is there, opens a transfer, sends chunks within the device's window, goes back where chunks were
/// lost, commits, and resolves an answer that was lost. Decides only; ``next(at:)`` says what to do now.
///
/// ```
/// query   ─▶ identical and stored already: finished, nothing is sent
/// begin   ─▶ transfer 7, next_offset 0, window 1024       (a partial upload from an earlier connection: next_offset where it stands)
/// chunk…  ─▶ ◀─ credit 512 … credit 1024 …
/// commit  ─▶ success | incomplete: back to that offset | no answer: query
/// ```
public struct RoutineUpload: Sendable {
  /// What to do next.
  public enum Step: Equatable, Sendable {
    /// Send the request, and report its end with ``RoutineUpload/answered(_:at:)``.
    case request(ControlRequest.Body)
    /// Write this part of the routine as a chunk of the transfer; it counts as sent.
    case chunk(transfer: UInt8, Range<Int>)
    /// Wait for a credit, until then at most.
    case awaitCredit(until: MonotonicInstant)
    /// The slot holds the routine.
    case finished
    /// It cannot be brought there.
    case failed(DeviceError)
  }

  private enum Phase: Equatable {
    case query
    case begin
    case transfer
    case commit
    /// The answer to the commit is missing.
    case resolve
    case finished
    case failed(DeviceError)
  }

  /// How long no credit may come while bytes are under way before the device is asked where it stands.
  public static let creditTimeout: Duration = .seconds(1)
  /// How often in a row that may happen without a byte of progress.
  public static let stallLimit = 5

  /// The routine.
  public let image: RoutineImage
  /// Where it goes.
  public let slot: UInt8
  /// How many bytes the device has, as far as it is known.
  public private(set) var acknowledged = 0

  private let chunkLength: Int
  private var phase = Phase.query
  private var transfer: UInt8 = 0
  private var window = 0
  private var sent = 0
  private var creditDue: MonotonicInstant?
  private var wentBackTo: Int?
  private var stalls = 0
  private var restarts = 0

  /// Bytes of a chunk before its payload: kind, transfer and offset (percuss.yaml, `routine_data`).
  public static let chunkOverhead = 6

  /// An upload over a link with that ATT_MTU (at least 23).
  public init(_ image: RoutineImage, slot: UInt8, maximumTransmissionUnit: Int) {
    self.image = image
    self.slot = slot
    let valueLength = min(max(maximumTransmissionUnit, 23) - 3, RoutineData.maximumLength)
    chunkLength = valueLength - Self.chunkOverhead
  }

  /// What to do now.
  public mutating func next(at now: MonotonicInstant) -> Step {
    switch phase {
    case .query, .resolve: return .request(.routineQuery(slot: slot))
    case .begin: return .request(.routineBegin(slot: slot, length: image.length, crc32: image.crc32))
    case .commit: return .request(.routineCommit(transfer: transfer))
    case .finished: return .finished
    case .failed(let error): return .failed(error)
    case .transfer: break
    }
    if acknowledged >= image.bytes.count {
      phase = .commit
      return next(at: now)
    }
    let end = min(sent + chunkLength, image.bytes.count, acknowledged + window)
    if sent < end {
      let chunk = sent..<end
      sent = end
      creditDue = now.advanced(by: Self.creditTimeout)
      return .chunk(transfer: transfer, chunk)
    }
    let due = creditDue ?? now.advanced(by: Self.creditTimeout)
    creditDue = due
    if due <= now {
      // Chunks or credits were lost: the answer to a repeated begin says where the device stands.
      creditDue = nil
      noteStall()
      return next(at: now)
    }
    return .awaitCredit(until: due)
  }

  /// The device said how far it has come.
  public mutating func credited(transfer: UInt8, nextOffset: UInt32, window: UInt16, at now: MonotonicInstant) {
    guard phase == .transfer, transfer == self.transfer else { return }
    let offset = Int(nextOffset)
    guard offset >= acknowledged, offset <= image.bytes.count else { return }
    let advance = offset - acknowledged
    self.window = Int(window)
    if advance > 0 {
      acknowledged = offset
      stalls = 0
    }
    creditDue = sent > offset ? now.advanced(by: Self.creditTimeout) : nil
    if offset >= sent {
      sent = offset
    } else if advance < Int(window) / 2, offset < image.bytes.count, wentBackTo != offset {
      // Progress is credited every half window, so less than that tells of a gap: what came after it was forgotten.
      wentBackTo = offset
      sent = offset
    }
  }

  /// A request of ``Step/request(_:)`` has ended.
  public mutating func answered(_ result: Result<ControlResponse, DeviceError>, at now: MonotonicInstant) {
    switch (phase, result) {
    case (.query, .success(let response)): phase = holdsImage(response) ? .finished : .begin
    case (.begin, .success(let response)):
      guard case .transferOpened(let transfer, let nextOffset, let window) = response.body,
        nextOffset <= image.length
      else {
        phase = .failed(unreadable)
        return
      }
      if Int(nextOffset) > acknowledged { stalls = 0 }
      self.transfer = transfer
      self.window = Int(window)
      acknowledged = Int(nextOffset)
      sent = acknowledged
      wentBackTo = nil
      creditDue = nil
      phase = .transfer
    case (.commit, .success): phase = .finished
    case (.resolve, .success(let response)):
      if holdsImage(response) { phase = .finished } else { noteStall() }
    case (.commit, .failure(let error)): commitFailed(error)
    case (_, .failure(let error)): phase = .failed(error)
    case (.transfer, _), (.finished, _), (.failed, _): break
    }
  }

  private mutating func commitFailed(_ error: DeviceError) {
    switch error.reason {
    case .noResponse: phase = .resolve
    case .refused(let refusal) where refusal.result == .incomplete: noteStall()
    case .refused(let refusal) where refusal.result == .crcMismatch || refusal.result == .notFound:
      // The transfer is gone, by another central's upload perhaps: once more from the beginning.
      restarts += 1
      acknowledged = 0
      phase = restarts > 1 ? .failed(error) : .begin
    default: phase = .failed(error)
    }
  }

  private mutating func noteStall() {
    stalls += 1
    if stalls > Self.stallLimit {
      let reason = DeviceError.Reason.uploadStalled(
        at: UInt32(truncatingIfNeeded: acknowledged), of: image.length)
      phase = .failed(DeviceError(reason, during: "upload to slot \(slot)"))
    } else {
      phase = .begin
    }
  }

  private func holdsImage(_ response: ControlResponse) -> Bool {
    guard case .slotDescribed(_, let status, let length, let crc32, _) = response.body else { return false }
    return status.contains(.stored) && length == image.length && crc32 == image.crc32
  }

  private var unreadable: DeviceError {
    DeviceError(
      .malformedValue("the answer to routine_begin does not fit the routine"), during: "upload to slot \(slot)")
  }
}
