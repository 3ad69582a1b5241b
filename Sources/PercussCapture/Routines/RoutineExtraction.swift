import PercussWire

/// Follows what a central says of routines, up to the one that was played.
///
/// The last routine of a conversation that was started counts; where none was, the speeds that the central set by itself do.
struct RoutineExtraction {
  /// An upload, in the parts that were sent: what a request only announces takes no room.
  private struct Transfer {
    var slot: UInt8
    var length: Int
    var crc32: UInt32
    var chunks: [(start: Int, bytes: ArraySlice<UInt8>)] = []

    /// The routine; nil where a part of it is missing.
    var image: [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: length)
      var isThere = [Bool](repeating: false, count: length)
      for chunk in chunks {
        for (place, byte) in chunk.bytes.enumerated() where chunk.start + place < length {
          bytes[chunk.start + place] = byte
          isThere[chunk.start + place] = true
        }
      }
      return isThere.allSatisfy { $0 } ? bytes : nil
    }
  }

  private enum Started {
    case slot(UInt8, Transfer?)
    case stream
  }

  private var requests: [UInt8: ControlRequest.Body] = [:]
  private var transfers: [UInt8: Transfer] = [:]
  private var slots: [UInt8: Transfer] = [:]
  private var streamed = StreamedSteps()
  private var started: Started?
  private var live = LiveSteps()

  /// - Throws: ``ExtractionError`` when there is none, or a part of it is missing.
  static func routine(of conversation: Conversation) throws(ExtractionError) -> ExtractedRoutine {
    if let specification = conversation.specification, specification != .percuss {
      throw ExtractionError(
        "it is a capture of \(specification.dialectName) (\(specification.title)), whose routines are not extracted: its host sends speeds of a motor, not steps; percuss capture decode shows them"
      )
    }
    var extraction = RoutineExtraction()
    for item in conversation.items { extraction.take(item) }
    switch extraction.started {
    case .slot(let slot, let uploaded): return try Self.routine(uploaded, in: slot)
    case .stream: return try extraction.streamed.routine()
    case nil: return try extraction.live.routine()
    }
  }

  private mutating func take(_ item: ConversationItem) {
    guard let format = FrameFormat(item.characteristic) else { return }
    if format == .percussFeature, item.action == .read { live.feature = try? DeviceFeature(item.bytes) }
    let isWritten = item.action == .write || item.action == .command
    guard isWritten && item.answer?.refusal == nil || item.action == .value,
      let frame = try? unsafe format.frame(of: item.bytes.span.bytes, isFromClient: isWritten)
    else { return }
    switch frame {
    case .request(let request):
      requests[request.sequence] = request.body
      live.take(request.body, at: item.time)
      if case .queueStep(let index, let start, let segment) = request.body {
        streamed.take(index, at: start, segment)
      }
      if case .queueFlush = request.body { streamed.flush() }
    case .response(let response): take(response)
    case .routineData(let data): take(data, item.bytes)
    case .event(let event):
      if case .routineEnded(_, let cause, _) = event.body { streamed.ended(cause) }
    default: break
    }
  }

  private mutating func take(_ response: ControlResponse) {
    guard response.result == .success, let request = requests[response.sequence] else { return }
    switch (request, response.body) {
    case (.routineBegin(let slot, let length, let crc32), .transferOpened(let transfer, let next, _)):
      // The specification's limit; a capture can say anything.
      guard length <= 720_878 else { return }
      // An upload that goes on has its beginning from before.
      if next > 0, transfers[transfer]?.crc32 == crc32 { return }
      transfers[transfer] = Transfer(slot: slot, length: Int(length), crc32: crc32)
    case (.routineCommit(let transfer), .routineStored(let slot)):
      // A commit that is answered twice stores what it stored.
      guard let done = transfers.removeValue(forKey: transfer) else { return }
      slots[slot] = done
    case (.routineStart(let slot, _, _), _): started = .slot(slot, slots[slot])
    case (.queueStart, .streamStarted(let instant)):
      started = .stream
      streamed.started(at: instant)
    case (.queueFlush, _): streamed.flushed(in: response.state)
    case (.stop, _): streamed.stopped()
    case (.releaseControl, _): streamed.released()
    default: break
    }
  }

  private mutating func take(_ data: RoutineData, _ bytes: [UInt8]) {
    switch data.body {
    case .chunk(let transfer, let offset, let payload):
      transfers[transfer]?.chunks.append((Int(offset), bytes[payload.clamped(to: bytes.indices)]))
    case .streamedStep(let index, let start, let segment): streamed.take(index, at: start, segment)
    }
  }

  // MARK: What it was

  private static func routine(_ uploaded: Transfer?, in slot: UInt8) throws(ExtractionError) -> ExtractedRoutine {
    guard let uploaded else {
      throw ExtractionError(
        "the routine of slot \(slot) was started, but its upload is not in the capture: the device had it already")
    }
    guard let bytes = uploaded.image else {
      throw ExtractionError(
        "the routine of slot \(slot) was started, but parts of its upload are missing in the capture")
    }
    do {
      let header = try RoutineHeader(Array(bytes.prefix(RoutineHeader.maximumLength)))
      var segments: [RoutineSegment] = []
      var place = RoutineHeader.maximumLength
      for _ in 0..<header.segmentCount {
        let end = min(bytes.count, place + RoutineSegment.maximumLength)
        segments.append(try RoutineSegment(Array(bytes[min(place, end)..<end])))
        place += RoutineSegment.maximumLength
      }
      guard !segments.isEmpty else { throw ExtractionError("the routine of slot \(slot) has no steps") }
      return ExtractedRoutine(mode: .uploaded, segments: segments)
    } catch let error as ExtractionError {
      throw error
    } catch {
      throw ExtractionError("the routine of slot \(slot) is no routine: \(error)")
    }
  }
}

extension RoutineSegment {
  static func rest(_ milliseconds: UInt32, force: UInt16) -> Self {
    Self(
      kind: .rest, forceLimitDecinewtons: force, speedFromPPM: 0, speedToPPM: 0, durationMilliseconds: milliseconds)
  }
}

extension Conversation {
  /// The routine that was played.
  ///
  /// - Throws: ``ExtractionError`` when there is none, or a part of it is missing.
  public func extractRoutine() throws(ExtractionError) -> ExtractedRoutine {
    try RoutineExtraction.routine(of: self)
  }
}
