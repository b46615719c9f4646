namespace RadLab.Radiology;

/// <summary>Families of imaging that a report can be of, read from DICOM's codes and from the names of examinations.</summary>
internal static class Modalities
{
    /// <summary>The family of a code, or null where it says nothing: "CR/RF" and "OTHER" contradict nobody.</summary>
    public static string? OfCode(string? code) => code?.Trim().ToUpperInvariant() switch
    {
        "CT" => "CT",
        "MR" or "MRI" => "MR",
        "US" => "US",
        "CR" or "DX" or "XR" or "RG" or "DR" => "XR",
        "RF" => "RF",
        "MG" => "MG",
        "NM" => "NM",
        "PT" or "PET" => "PT",
        "XA" => "XA",
        _ => null,
    };

    private static readonly (string Word, string Family)[] s_words =
    [
        ("CT", "CT"), ("CTA", "CT"), ("COMPUTED", "CT"), ("MRI", "MR"), ("MR", "MR"), ("MRA", "MR"), ("MRCP", "MR"), ("ULTRASOUND", "US"), ("SONOGRAM", "US"), ("DOPPLER", "US"),
        ("ECHOCARDIOGRAM", "US"), ("XRAY", "XR"), ("X-RAY", "XR"), ("RADIOGRAPH", "XR"), ("RADIOGRAPHS", "XR"), ("MAMMOGRAM", "MG"), ("MAMMOGRAPHY", "MG"), ("FLUOROSCOPY", "RF"),
        ("ESOPHAGRAM", "RF"), ("PET", "PT"), ("SCINTIGRAPHY", "NM"), ("SPECT", "NM"),
    ];

    /// <summary>The one family that the name of an examination mentions; null where it mentions none or several ("PET/CT").</summary>
    public static string? OfExam(string exam)
    {
        string? found = null;
        var rest = exam.AsSpan();
        while (!rest.IsEmpty)
        {
            int start = rest.IndexOfAnyInRange('A', 'z');
            if (start < 0) break;
            rest = rest[start..];
            int length = 1;
            while (length < rest.Length && (char.IsAsciiLetter(rest[length]) || (rest[length] == '-' && length == 1))) length++;
            foreach (var (word, family) in s_words)
            {
                if (!rest[..length].Equals(word, StringComparison.OrdinalIgnoreCase)) continue;
                if (found is not null && found != family) return null;
                found = family;
            }
            rest = rest[length..];
        }
        return found;
    }
}
