namespace RadLab.Radiology;

/// <summary>What a report says of an observation; the numbers are the classes of CheXbert.</summary>
public enum LabelStatus
{
    NotMentioned = 0,
    Positive = 1,
    Negative = 2,
    Uncertain = 3,
}

/// <summary>The forms in which CheXpert's files hold a status: empty, 1, 0 and -1.</summary>
public static class LabelStatuses
{
    public static string Csv(this LabelStatus status) => status switch
    {
        LabelStatus.Positive => "1",
        LabelStatus.Negative => "0",
        LabelStatus.Uncertain => "-1",
        _ => "",
    };

    /// <summary>Reads empty, 1, 0 and -1, with or without decimals (1.0), as the published files have them.</summary>
    public static bool TryParse(string text, out LabelStatus status)
    {
        (bool known, status) = text.Trim() switch
        {
            "" => (true, LabelStatus.NotMentioned),
            "1" or "1.0" => (true, LabelStatus.Positive),
            "0" or "0.0" => (true, LabelStatus.Negative),
            "-1" or "-1.0" => (true, LabelStatus.Uncertain),
            _ => (false, default),
        };
        return known;
    }
}
