namespace RadLab.Radiology;

/// <summary>Scales of severity and lists of places that several examinations share.</summary>
internal static class Degrees
{
    public static readonly string[] Severity = ["minimal", "mild", "moderate", "severe"];
    public static readonly string[] Mild = ["minimal", "mild", "moderate"];
    public static readonly string[] Amount = ["trace", "small", "moderate", "large"];
    public static readonly string[] Small = ["tiny", "small", "moderate"];
    public static readonly string[] Extent = ["mild", "moderate", "extensive"];
    public static readonly string[] Stenosis = ["mild", "moderate", "severe"];
    public static readonly string[] Lobes = ["right upper lobe", "right middle lobe", "right lower lobe", "left upper lobe", "left lower lobe"];
    public static readonly string[] LumbarLevels = ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"];
    public static readonly string[] CervicalLevels = ["C2-C3", "C3-C4", "C4-C5", "C5-C6", "C6-C7", "C7-T1"];
    public static readonly string[] ThoracicLevels = ["T4-T5", "T5-T6", "T6-T7", "T7-T8", "T8-T9", "T9-T10", "T10-T11", "T11-T12"];
    public static readonly string[] LiverSegments = ["segment II", "segment III", "segment IVa", "segment IVb", "segment V", "segment VI", "segment VII", "segment VIII"];
    public static readonly string[] Lobar = ["right frontal lobe", "left frontal lobe", "right parietal lobe", "left parietal lobe", "right temporal lobe", "left temporal lobe", "right occipital lobe", "left occipital lobe"];
    public static readonly string[] Sinuses = ["right maxillary sinus", "left maxillary sinus", "ethmoid air cells", "sphenoid sinus", "right frontal sinus", "left frontal sinus"];
}
