import PercussClient
import PercussTime
import PercussWire
import Testing

@Suite("RoutineUpload")
struct RoutineUploadTests {
  static let image = try? RoutineImage([RoutineSegment](repeating: .rest, count: 200))

  /// A device's side of uploads, as section 13 of the specification has it, over a link that loses some chunks and credits.
  struct Receiver {
    let image: RoutineImage
    var window = 1024
    var stored = false
    var isOpen = false
    var bytes: [UInt8] = []
    var lastCredit = 0
    var hasToldGap = false
    var chunkLoss = 0.0
    var creditLoss = 0.0
    /// Loses the answers to that many commits.
    var lostCommits = 0
    var random = SeededGenerator(seed: 1)

    mutating func answer(_ body: ControlRequest.Body) -> Result<ControlResponse, DeviceError> {
      switch body {
      case .routineQuery(let slot):
        return respond(
          .routineQuery,
          .slotDescribed(
            slot: slot, status: stored ? .stored : [], length: stored ? image.length : 0,
            crc32: stored ? image.crc32 : 0,
            nextOffset: UInt32(bytes.count)))
      case .routineBegin:
        isOpen = true
        lastCredit = bytes.count
        hasToldGap = false
        return respond(
          .routineBegin,
          .transferOpened(transfer: 9, nextOffset: UInt32(bytes.count), window: UInt16(window)))
      case .routineCommit:
        guard bytes.count == image.bytes.count else {
          return refuse(body, .incomplete, .uploadIncomplete(nextOffset: UInt32(bytes.count)))
        }
        stored = bytes == image.bytes
        if lostCommits > 0 {
          lostCommits -= 1
          return .failure(DeviceError(.noResponse(attempts: 3), during: "routine_commit"))
        }
        return respond(.routineCommit, .routineStored(slot: 1))
      default: return refuse(body, .unsupported, .empty)
      }
    }

    /// The credit that a chunk brings, if any arrives.
    mutating func take(_ range: Range<Int>) -> Int? {
      if random.chance(chunkLoss) { return nil }
      var isCredited = false
      if range.lowerBound > bytes.count {
        isCredited = !hasToldGap
        hasToldGap = true
      } else if range.upperBound <= bytes.count {
        isCredited = true
      } else {
        bytes += image.bytes[bytes.count..<range.upperBound]
        hasToldGap = false
        isCredited = bytes.count - lastCredit >= window / 2 || bytes.count == image.bytes.count
      }
      guard isCredited else { return nil }
      lastCredit = bytes.count
      return random.chance(creditLoss) ? nil : bytes.count
    }

    private func respond(_ opCode: OpCode, _ body: ControlResponse.Body) -> Result<ControlResponse, DeviceError> {
      .success(ControlResponse(opCode: opCode, sequence: 0, result: .success, state: .idle, body: body))
    }

    func refuse(
      _ operation: ControlRequest.Body, _ result: ControlResult, _ body: ControlResponse.Body
    ) -> Result<ControlResponse, DeviceError> {
      let response = ControlResponse(opCode: operation.opCode, sequence: 0, result: result, state: .idle, body: body)
      return .failure(DeviceError(.refused(.init(operation: operation, response: response)), during: "upload"))
    }
  }

  /// Runs an upload against the receiver. Credits arrive one step late, as over a radio.
  static func run(_ upload: inout RoutineUpload, _ receiver: inout Receiver) -> (end: RoutineUpload.Step, log: [String])
  {
    var now = MonotonicInstant.zero
    var log: [String] = []
    var credits: [Int] = []
    for _ in 0..<100_000 {
      switch upload.next(at: now) {
      case .request(let body):
        log.append("\(body.opCode)")
        // What was on its way arrives before the answer.
        credits.forEach { credit($0, &upload, receiver, now) }
        credits = []
        upload.answered(receiver.answer(body), at: now)
      case .chunk(let transfer, let range):
        #expect(transfer == 9 && !range.isEmpty && range.count <= 14)
        #expect(range.upperBound <= upload.acknowledged + receiver.window, "more under way than the window")
        if let offset = receiver.take(range) { credits.append(offset) }
        if log.last != "chunks" { log.append("chunks") }
      case .awaitCredit(let deadline):
        if credits.isEmpty { now = deadline } else { credit(credits.removeFirst(), &upload, receiver, now) }
      case let end: return (end, log)
      }
    }
    Issue.record("no end: \(log.suffix(10))")
    return (.finished, log)
  }

  static func credit(_ offset: Int, _ upload: inout RoutineUpload, _ receiver: Receiver, _ now: MonotonicInstant) {
    upload.credited(transfer: 9, nextOffset: UInt32(offset), window: UInt16(receiver.window), at: now)
  }

  @Test func `a plain upload asks, opens, sends and commits (PCS/CL/UP/BV-01)`() throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image)
    let (end, log) = Self.run(&upload, &receiver)
    #expect(end == .finished && receiver.stored)
    #expect(log == ["routine_query", "routine_begin", "chunks", "routine_commit"])
  }

  @Test func `what is stored is not sent again`() throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image, stored: true)
    let (end, log) = Self.run(&upload, &receiver)
    #expect(end == .finished)
    #expect(log == ["routine_query"])
  }

  @Test func `a partial upload goes on where it stands (PCS/CL/UP/BV-05)`() throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image, bytes: Array(image.bytes[..<777]))
    #expect(Self.run(&upload, &receiver).end == .finished)
    #expect(receiver.stored)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `lost chunks and credits are made up for (PCS/CL/UP/BV-01, BV-02, BV-04)`(seed: UInt64) throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image, chunkLoss: 0.1, creditLoss: 0.2, random: SeededGenerator(seed: seed))
    let (end, _) = Self.run(&upload, &receiver)
    #expect(end == .finished && receiver.stored, "seed \(seed): \(end)")
  }

  @Test func `a lost answer to the commit is resolved by a query (PCS/CL/UP/BV-06)`() throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image, lostCommits: 1)
    let (end, log) = Self.run(&upload, &receiver)
    #expect(end == .finished)
    #expect(log == ["routine_query", "routine_begin", "chunks", "routine_commit", "routine_query"])
  }

  @Test func `without progress it ends with an error (PCS/CL/UP/BV-04)`() throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image, chunkLoss: 1)
    let (end, _) = Self.run(&upload, &receiver)
    guard case .failed(let error) = end else {
      Issue.record("\(end)")
      return
    }
    #expect(error.reason == .uploadStalled(at: 0, of: image.length))
  }

  @Test func `a closed window is waited for, within a bound`() throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image, window: 0)
    let (end, _) = Self.run(&upload, &receiver)
    guard case .failed = end else {
      Issue.record("\(end)")
      return
    }
  }

  @Test(arguments: [(UInt32.max, UInt16(1024)), (2205, 1024), (1, 0)])
  func `credits that make no sense change nothing`(nextOffset: UInt32, window: UInt16) throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image)
    upload.credited(transfer: 9, nextOffset: nextOffset, window: window, at: .zero)
    #expect(upload.acknowledged == 0, "before the transfer is open")
    for _ in 0..<2 {
      if case .request(let body) = upload.next(at: .zero) { upload.answered(receiver.answer(body), at: .zero) }
    }
    _ = upload.next(at: .zero)
    upload.credited(transfer: 8, nextOffset: 14, window: window, at: .zero)
    #expect(upload.acknowledged == 0, "another transfer")
    if nextOffset > image.length {
      upload.credited(transfer: 9, nextOffset: nextOffset, window: window, at: .zero)
      #expect(upload.acknowledged == 0, "beyond the end")
    }
  }

  @Test func `an answer to begin beyond the routine is refused`() throws {
    let image = try #require(Self.image)
    var upload = RoutineUpload(image, slot: 1, maximumTransmissionUnit: 23)
    var receiver = Receiver(image: image)
    if case .request(let body) = upload.next(at: .zero) { upload.answered(receiver.answer(body), at: .zero) }
    _ = upload.next(at: .zero)
    let response = ControlResponse(
      opCode: .routineBegin, sequence: 0, result: .success, state: .idle,
      body: .transferOpened(transfer: 1, nextOffset: image.length + 1, window: 1024))
    upload.answered(.success(response), at: .zero)
    guard case .failed(let error) = upload.next(at: .zero), case .malformedValue = error.reason else {
      Issue.record("accepted")
      return
    }
  }
}
