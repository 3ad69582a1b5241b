internal import PercussGATT
internal import PercussLink

// Reads and writes.
extension PeripheralSession {
  enum ReadStep: Equatable {
    /// Ask the peripheral, then answer with what ``answer(to:of:with:from:)`` gives.
    case ask(CentralID)
    case answer([UInt8])
    case refuse(ATTError)
  }

  mutating func read(_ uuid: BluetoothUUID, _ options: ApplicationOptions) -> ReadStep {
    guard profile[uuid]?.properties.contains(.read) == true else { return .refuse(.readNotPermitted) }
    guard let place = place(of: options) else { return .refuse(.unlikelyError) }
    if options.offset > 0, let (last, value) = centrals[place].lastRead, last == uuid {
      guard options.offset <= value.count else { return .refuse(.invalidOffset) }
      return .answer(Array(value.dropFirst(options.offset)))
    }
    return .ask(centrals[place].id)
  }

  /// What of the peripheral's value bluetoothd gets.
  mutating func answer(
    to central: CentralID, of uuid: BluetoothUUID, with value: [UInt8], from offset: Int
  ) -> Result<[UInt8], ATTError> {
    let whole = Array(value.prefix(Self.valueLimit))
    if let place = centrals.firstIndex(where: { $0.id == central }) { centrals[place].lastRead = (uuid, whole) }
    return offset <= whole.count ? .success(Array(whole.dropFirst(offset))) : .failure(.invalidOffset)
  }

  // MARK: Writes

  enum WriteStep: Equatable {
    case ask([UInt8], CentralID, WriteType)
    /// Nothing is written yet.
    case accept
    case refuse(ATTError)
  }

  mutating func write(
    _ value: [UInt8], to uuid: BluetoothUUID, _ options: ApplicationOptions, expectsReply: Bool
  ) -> WriteStep {
    guard let properties = profile[uuid]?.properties, !properties.isDisjoint(with: [.write, .writeWithoutResponse])
    else { return .refuse(.writeNotPermitted) }
    guard let place = place(of: options) else { return .refuse(.unlikelyError) }
    // The first part of a long write that needs the application's consent. The whole follows.
    if options.isPrepareAuthorization { return .accept }
    var whole = value
    if options.offset > 0 {
      guard let (last, beginning) = centrals[place].lastWrite, last == uuid, options.offset <= beginning.count else {
        return .refuse(.invalidOffset)
      }
      whole = Array(beginning.prefix(options.offset)) + value
    }
    guard whole.count <= Self.valueLimit else { return .refuse(.invalidAttributeValueLength) }
    centrals[place].lastWrite = (uuid, whole)
    // bluetoothd does not say how the central wrote. Where the characteristic can be written without response, it waits for no answer.
    let type = options.type ?? (expectsReply && properties.contains(.write) ? .request : .command)
    return .ask(whole, centrals[place].id, type)
  }

  /// Hands a descriptor for writing to the central, and gives ATT_MTU; nil when there is to be none.
  mutating func acquireWrite(_ uuid: BluetoothUUID, _ options: ApplicationOptions) -> Int? {
    guard isWritable(uuid), options.device != nil, let place = place(of: options), offersWriters else { return nil }
    writers[uuid] = centrals[place].id
    return centrals[place].maximumTransmissionUnit
  }

  /// Whether a characteristic is written through descriptors. What takes requests is not: their errors would be lost.
  func isWritable(_ uuid: BluetoothUUID) -> Bool {
    let properties = profile[uuid]?.properties ?? []
    return properties.contains(.writeWithoutResponse) && !properties.contains(.write)
  }

  /// A packet on a descriptor for writing; nil when nobody has it any more.
  mutating func packet(on uuid: BluetoothUUID) -> CentralID? { writers[uuid] }

  /// bluetoothd has closed the descriptor.
  mutating func writerClosed(_ uuid: BluetoothUUID) { writers[uuid] = nil }
}
