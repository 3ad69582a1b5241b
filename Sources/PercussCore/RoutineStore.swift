internal import PercussWire

/// The slots with their routines, and the one upload that may be under way.
///
/// ```
/// begin ──► chunk ... chunk ──► commit ──► the slot holds the new routine
///    └── the same announcement again: goes on where it stands, also over another connection
/// ```
/// A commit stores the whole routine or nothing. The last committed transfer is remembered, so that a commit whose answer was
/// lost can be repeated.
struct RoutineStore {
  private let rules: SegmentRules
  private let mostSegments: UInt16
  private(set) var slots: [Routine?]
  private(set) var upload: Upload?
  private var lastTransfer: UInt8 = 0
  private var committed: (transfer: UInt8, slot: UInt8)?

  init(model: DeviceModel) {
    rules = SegmentRules(model: model)
    mostSegments = model.routineSteps
    slots = Array(repeating: nil, count: Int(model.routineSlots))
  }

  var slotCount: UInt8 { UInt8(truncatingIfNeeded: slots.count) }

  func routine(_ slot: UInt8) -> Routine? {
    Int(slot) < slots.count ? slots[Int(slot)] : nil
  }

  enum BeginRefusal: Error {
    case length(minimum: UInt32, maximum: UInt32)
    case tooLarge
  }

  /// Opens a transfer, or goes on with the one that was announced alike. The slot exists.
  mutating func begin(slot: UInt8, length: UInt32, crc32: UInt32) throws(BeginRefusal) -> Upload {
    let excess = (length &- Routine.headerLength) % Routine.segmentLength
    if excess != 0 {
      let below = length &- excess
      throw .length(minimum: below, maximum: below &+ Routine.segmentLength)
    }
    guard length <= Routine.length(ofSegments: UInt32(mostSegments)) else { throw .tooLarge }
    if var known = upload, known.slot == slot, known.length == length, known.crc32 == crc32 {
      known.resume()
      upload = known
      return known
    }
    let isStored = holds(slot: slot, length: length, crc32: crc32)
    let opened = Upload(transfer: nextTransfer(), slot: slot, length: length, crc32: crc32, isStored: isStored)
    upload = opened
    return opened
  }

  /// Takes a chunk of the open transfer in.
  ///
  /// - Returns: the credit that is due, if one is.
  mutating func take(transfer: UInt8, offset: UInt32, value: RawSpan, payload: Range<Int>) -> RoutineStatus? {
    guard upload?.transfer == transfer, let isCreditDue = upload?.take(offset: offset, value: value, payload: payload),
      isCreditDue, let nextOffset = upload?.nextOffset
    else { return nil }
    return RoutineStatus(body: .uploadCredit(transfer: transfer, nextOffset: nextOffset, window: Upload.window))
  }

  enum CommitRefusal: Error {
    case notFound, crcMismatch, inUse
    case incomplete(nextOffset: UInt32)
    case invalid(step: UInt16)
  }

  /// Stores what was uploaded.
  ///
  /// - Parameter playing: the slot that may not be replaced now.
  /// - Returns: the slot that holds it.
  mutating func commit(transfer: UInt8, playing: UInt8?) throws(CommitRefusal) -> UInt8 {
    guard let upload, upload.transfer == transfer else {
      guard let committed, committed.transfer == transfer else { throw .notFound }
      return committed.slot
    }
    let slot = upload.slot
    if upload.isStored {
      guard holds(slot: slot, length: upload.length, crc32: upload.crc32) else {
        // The slot was cleared meanwhile: the bytes are needed after all.
        self.upload = Upload(
          transfer: transfer, slot: slot, length: upload.length, crc32: upload.crc32, isStored: false)
        throw .incomplete(nextOffset: 0)
      }
    } else {
      guard upload.isComplete else { throw .incomplete(nextOffset: upload.nextOffset) }
      guard upload.isIntact else {
        self.upload = nil
        throw .crcMismatch
      }
      let routine: Routine
      do {
        routine = try Routine(bytes: upload.bytes, crc32: upload.crc32, rules: rules)
      } catch {
        throw .invalid(step: error.step)
      }
      guard slot != playing else { throw .inUse }
      slots[Int(slot)] = routine
    }
    self.upload = nil
    committed = (transfer, slot)
    return slot
  }

  /// Forgets the open transfer; false where another one or none is open.
  mutating func abort(transfer: UInt8) -> Bool {
    guard upload?.transfer == transfer else { return false }
    upload = nil
    return true
  }

  /// Empties a slot. An upload into it stays.
  mutating func clear(slot: UInt8) {
    guard Int(slot) < slots.count else { return }
    slots[Int(slot)] = nil
    if committed?.slot == slot { committed = nil }
  }

  mutating func dropUpload() {
    upload = nil
  }

  /// The power was switched off: stored routines stay, nothing else does.
  mutating func forgetTransfers() {
    upload = nil
    committed = nil
    lastTransfer = 0
  }

  private func holds(slot: UInt8, length: UInt32, crc32: UInt32) -> Bool {
    guard let stored = routine(slot) else { return false }
    return stored.crc32 == crc32 && stored.bytes.count == Int(length)
  }

  private mutating func nextTransfer() -> UInt8 {
    lastTransfer &+= 1
    if committed?.transfer == lastTransfer { committed = nil }
    return lastTransfer
  }
}
