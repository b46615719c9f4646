namespace RadLab.Radiology;

/// <summary>
/// A data file, manifest or prepared folder cannot be used as it is. The message is one line: file, line where there is one, what is wrong, what to do. It
/// never quotes a record.
/// </summary>
public sealed class DataFormatException(string message) : Exception(message)
{
    /// <summary>The error of one record, as <c>file:line: reason</c>.</summary>
    public static DataFormatException At(Rejection rejection) => new(FormattableString.Invariant($"{rejection.File}:{rejection.Line}: {rejection.Reason}"));
}

/// <summary>Something was asked for that the data's licence, its protection class or its checks do not permit. The message says what would.</summary>
public sealed class DataRefusedException(string message) : Exception(message);
