using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>MRI of the lumbar, cervical and thoracic spine.</summary>
internal static class SpineMr
{
    private static readonly string[] s_lumbarStenosis = ["mild canal stenosis", "mild canal and bilateral foraminal stenosis", "moderate canal stenosis", "moderate bilateral foraminal narrowing", "severe canal stenosis", "narrowing of both lateral recesses", "no significant canal or foraminal stenosis"];
    private static readonly string[] s_cervicalStenosis = ["mild canal stenosis without cord compression", "moderate canal stenosis with flattening of the cord", "mild bilateral foraminal narrowing", "moderate bilateral foraminal narrowing", "no significant canal stenosis", "severe canal stenosis with cord compression"];

    private static ReportOrgan Discs(string[] levels, string[] stenosis, string region) => new("Disc levels")
    {
        ByPlace = true,
        Normals =
        [
            new(["disc abnormality"], ["Intervertebral discs are normal in height and signal.", "No disc herniation, canal stenosis or foraminal narrowing.", "Disc heights and signal are maintained at all levels.", "No significant disc bulge or herniation."]) { Chance = 1 },
            new(["canal stenosis"], ["No significant spinal canal stenosis.", "The spinal canal is widely patent.", "There is no central canal stenosis."]) { Chance = 0.4 },
        ],
        Otherwise = ["The remaining levels are unremarkable.", "No significant abnormality at the other levels.", "Other disc levels are within normal limits."],
        Findings =
        [
            new("disc bulge") { Kinds = ["disc bulge", "diffuse disc bulge", "broad-based disc bulge"], Concepts = ["disc abnormality", "canal stenosis"], Places = levels, At = "at {place}", Grades = Mild, Traits = [new("result", stenosis), new("facets", "and facet arthropathy", "with ligamentum flavum thickening", "and mild facet hypertrophy", "")], Weight = 8, MinAge = 28, Rank = 1, Most = 4,
                Says = ["{place}: {grade} {x} {facets}, resulting in {result}{since}.", "At {place} {there} {grade} {x} {facets} causing {result}{since}.", "{place}: {new} {grade} {x} {facets} with {result}."], Ends = ["{grade} {x} at {place} with {result}{since}.", "{place}: {new} {x} causing {result}.", "{there} {grade} {x} at {place} with {result}{since}."] },
            new("disc herniation") { Kinds = ["disc protrusion", "disc extrusion", "disc herniation"], Concepts = ["disc abnormality", "canal stenosis"], Places = levels, At = "at {place}", Traits = [new("where", "central", "right paracentral", "left paracentral", "right foraminal", "left foraminal", "right subarticular", "left subarticular"), new("effect", "contacting the traversing nerve root", "with mass effect on the ventral thecal sac", "abutting the exiting nerve root", "without nerve root compression", region == "lumbar" ? "displacing the traversing nerve root" : "indenting the ventral cord")], Size = new(3, 11), Weight = 5, Rank = 2, Course = FindingCourse.Lesion, Most = 2,
                Says = ["{place}: {where} {x} measuring {size}, {effect}{since}.", "At {place} {there} {new} {size} {where} {x} {effect}.", "{place}: {size} {where} {x} {effect}{since}."], Ends = ["{where} {x} at {place} {effect}{since}.", "{place}: {new} {size} {where} {x} {effect}.", "{there} {where} {x} at {place} {effect}{since}."] },
            new("facet arthropathy") { Nouns = ["~facet arthropathy", "~facet joint hypertrophy"], Concepts = ["disc abnormality"], Places = levels, At = "at {place}", Grades = Stenosis, Weight = 3, MinAge = 45, Rank = 0, Most = 2, Says = ["{place}: {grade} {x} without significant stenosis{since}.", "{grade} {x} at {place}{since}.", "{place}: {new} {grade} bilateral {x}."] },
        ],
    };

    private static ReportOrgan Vertebrae(string[] bodies, string curve) => new("Alignment and marrow")
    {
        Normals =
        [
            new(["malalignment"], ["Alignment is normal.", $"Normal {curve} alignment.", "Vertebral alignment is maintained.", "No listhesis."]),
            new(["vertebral fracture"], ["Vertebral body heights are maintained.", "No compression fracture.", "Vertebral bodies are normal in height."]) { Chance = 0.7 },
            new(["marrow abnormality"], ["Bone marrow signal is normal.", "No marrow replacing lesion.", "Marrow signal is within normal limits."]) { Chance = 0.7 },
        ],
        Findings =
        [
            new("spondylolisthesis") { Kinds = ["anterolisthesis/anterolistheses", "retrolisthesis/retrolistheses"], Concepts = ["malalignment"], Places = curve == "lumbar" ? ["L3 on L4", "L4 on L5", "L5 on S1"] : curve == "cervical" ? ["C3 on C4", "C4 on C5", "C7 on T1"] : ["T10 on T11", "T11 on T12"], At = "of {place}", Traits = [new("degree", "grade 1", "minimal grade 1", "mild")], Size = new(2, 7), Weight = 2.5, MinAge = 40, Rank = 1, Says = ["{degree} {x} {at} measuring {size}{since}.", "{there} {new} {degree} {x} {at}, {size}.", "{there} {degree} {x} {at} measuring {size}{since}."], Ends = ["{degree} {x} {at}{since}.", "{new} {degree} {x} {at}.", "{there} {degree} {x} {at}{since}."] },
            new("vertebral compression fracture") { OldNouns = ["chronic compression fracture", "old compression fracture"], Nouns = ["compression fracture", "compression deformity"], Concepts = ["vertebral fracture", "marrow abnormality"], Places = bodies, At = "of {place}", Grades = Stenosis, Traits = [new("age", "acute", "subacute"), new("edema", "with marrow edema", "with marrow edema and no retropulsion", "with marrow edema and minimal retropulsion")], Weight = 1.6, MinAge = 50, Rank = 3, Acute = true, Course = FindingCourse.Injury, Says = ["{grade} {age} {x} {at} {edema}{since}.", "{there} {new} {grade} {age} {x} {at} {edema}."], Ends = ["{grade} {age} {x} {at}{since}.", "{new} {age} {x} {at} {edema}.", "{there} {grade} {age} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Densitometry },
            new("chronic compression fracture") { Nouns = ["chronic compression deformity", "old compression fracture"], Concepts = ["vertebral fracture"], Places = bodies, At = "of {place}", Grades = Mild, Weight = 1.6, MinAge = 60, Rank = 1, Course = FindingCourse.Fixed, Excludes = ["vertebral compression fracture"], Says = ["{grade} {x} {at} without marrow edema.", "{there} {grade} {x} {at}.", "{there} {grade} {x} {at} without marrow edema."], Ends = ["{grade} {x} {at}.", "{x} {at}, {grade}, without edema.", "{there} {grade} {x} {at}."] },
            new("vertebral hemangioma") { Nouns = ["hemangioma", "vertebral body hemangioma"], Places = bodies, At = "in {place}", Size = new(6, 24), Weight = 2, Rank = 0, Course = FindingCourse.Fixed, Says = ["{size} {x} in {place}.", "Incidental {x} in {place}, {size}.", "{there} {size} {x} in {place}."] },
            new("marrow lesion") { Nouns = ["T1 hypointense marrow lesion", "marrow replacing lesion", "T1 hypointense lesion"], Concepts = ["marrow abnormality"], Places = bodies, At = "in {place}", Size = new(8, 34), Weight = 0.8, MinAge = 45, Rank = 3, Course = FindingCourse.Lesion, Diagnoses = ["metastasis", "metastatic disease or myeloma"], Says = ["{size} {x} in {place}{since}.", "{there} {new} {size} {x} in {place}."], Ends = ["{x} in {place}{since}{dx}.", "{new} {size} {x} in {place}{dx}.", "{there} {x} in {place}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Oncology },
            new("endplate changes") { Kinds = ["#Modic type 1 endplate changes", "#Modic type 2 endplate changes", "#degenerative endplate changes"], Places = curve == "lumbar" ? LumbarLevels : curve == "cervical" ? CervicalLevels : ThoracicLevels, At = "at {place}", Weight = 2.5, MinAge = 38, Rank = 0, Says = ["{x} at {place}{since}.", "There are {new} {x} at {place}.", "{there} {x} at {place}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_conus = new("Conus and soft tissues")
    {
        Normals =
        [
            new(["conus abnormality"], ["The conus terminates at L1 and is normal in signal.", "Conus medullaris is normal in position and signal.", "The distal cord and conus are unremarkable.", "Conus ends at L1-L2 with normal signal."]) { Chance = 0.9 },
            new(["paraspinal abnormality"], ["Paraspinal soft tissues are unremarkable.", "The paravertebral soft tissues are normal.", "No paraspinal abnormality."]) { Chance = 0.6 },
        ],
        Findings =
        [
            new("renal cyst") { Nouns = ["T2 hyperintense renal cyst", "simple renal cyst"], Side = FindingSide.Either, Size = new(9, 44), Weight = 1.2, MinAge = 35, Rank = 0, Says = ["Incidental {size} {side} {x}{since}.", "{there} {new} {size} {side} {x}.", "{new} {size} {side} {x}."] },
            new("Tarlov cyst") { Nouns = ["perineural cyst", "Tarlov cyst"], Places = ["S1", "S2", "S3"], At = "at {place}", Size = new(7, 22), Weight = 1, Rank = 0, Course = FindingCourse.Fixed, Says = ["{size} {x} at {place}.", "Incidental {x} at {place} measuring {size}.", "{there} {size} {x} at {place}."] },
        ],
    };

    private static ReportOrgan Cord(string name) => new("Spinal cord")
    {
        Normals = [new(["cord signal abnormality"], [$"The {name} cord is normal in caliber and signal.", "Spinal cord signal is normal.", "No cord signal abnormality.", "Normal signal and morphology of the cord."]) { Chance = 0.95 }],
        Findings =
        [
            new("cord signal abnormality") { Nouns = ["~T2 hyperintense cord signal", "~abnormal T2 signal in the cord"], Places = name == "cervical" ? ["C3-C4", "C4-C5", "C5-C6"] : ["T5-T6", "T7-T8", "T9-T10"], At = "at {place}", Weight = 1.6, Rank = 3, Acute = true, Course = FindingCourse.Lesion, Diagnoses = ["myelomalacia", "edema or gliosis", "demyelination"], Says = ["There is {x} at {place}{since}.", "{new} {x} at {place}.", "{x} at {place}{since}.", "{there} {new} {x} at {place}."], Ends = ["{x} at {place}{since}{dx}.", "{new} {x} at {place}{dx}.", "{there} {x} at {place}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Neurosurgery },
            new("syrinx") { Nouns = ["syrinx/syringes"], Places = name == "cervical" ? ["C5 to C7", "C6 to T1"] : ["T4 to T7", "T6 to T9"], At = "from {place}", Size = new(2, 6), Weight = 0.6, Rank = 2, Course = FindingCourse.Lesion, Concepts = ["cord signal abnormality"], Says = ["{there} {new} {x} from {place}, up to {size} in diameter.", "{x} extending from {place} with a diameter of {size}{since}.", "{new} {x} from {place}, up to {size} in diameter."], Ends = ["{x} from {place}{since}.", "{new} {x} from {place}, {size} in diameter.", "{there} {x} from {place}{since}."] },
        ],
    };

    private static readonly Wordings s_nothing = ["No acute osseous abnormality of the spine.", "No acute fracture.", "No acute spinal fracture or malalignment.", "No acute bony abnormality."];

    public static readonly ReportExam Lumbar = new("MRI lumbar spine")
    {
        Modality = "MR", Titles = ["MRI Lumbar Spine without Contrast", "MR L-SPINE WO CONTRAST", "MRI of the lumbar spine"], Noun = "lumbar spine MRI", Weight = 6, Findings = 4, NormalChance = 0.1, AcuteConcept = "acute osseous abnormality of the spine", Interval = StudyInterval.Years,
        Techniques = ["Sagittal T1, T2 and STIR and axial T1 and T2-weighted images of the lumbar spine.", "Multiplanar multisequence MRI of the lumbar spine without contrast.", "MRI of the lumbar spine was performed without gadolinium.", "Routine noncontrast lumbar spine MRI."],
        Organs = [Vertebrae(["L1", "L2", "L3", "L4", "L5"], "lumbar"), Discs(LumbarLevels, s_lumbarStenosis, "lumbar"), s_conus], NothingAcute = s_nothing, Normal = ["Normal MRI of the lumbar spine.", "Unremarkable lumbar spine MRI.", "Normal lumbar spine."],
        Reasons =
        [
            new(["low back pain", "chronic low back pain", "low back pain for 6 months"]) { Boosts = ["disc bulge", "facet arthropathy"], Weight = 5 },
            new(["low back pain radiating to the right leg", "left leg radiculopathy", "sciatica", "leg numbness and back pain"]) { Boosts = ["disc herniation"], Question = "canal stenosis", Asks = "nerve root compression", Weight = 5 },
            new(["neurogenic claudication", "leg weakness on walking", "suspected lumbar stenosis"]) { Boosts = ["disc bulge", "spondylolisthesis"], Question = "canal stenosis", Asks = "spinal stenosis", Weight = 3, MinAge = 50 },
            new(["acute back pain after a fall", "back pain and osteoporosis"]) { Boosts = ["vertebral compression fracture"], Question = "vertebral fracture", Asks = "compression fracture", Weight = 2, MinAge = 55 },
        ],
    };

    public static readonly ReportExam Cervical = new("MRI cervical spine")
    {
        Modality = "MR", Titles = ["MRI Cervical Spine without Contrast", "MR C-SPINE WO CONTRAST", "MRI of the cervical spine"], Noun = "cervical spine MRI", Weight = 4, Findings = 3.2, NormalChance = 0.12, AcuteConcept = "acute osseous abnormality of the spine", Interval = StudyInterval.Years,
        Techniques = ["Sagittal T1, T2 and STIR and axial T2 and gradient echo images of the cervical spine.", "Multiplanar multisequence MRI of the cervical spine without contrast.", "Noncontrast MRI of the cervical spine."],
        Organs = [Vertebrae(["C3", "C4", "C5", "C6", "C7"], "cervical"), Cord("cervical"), Discs(CervicalLevels, s_cervicalStenosis, "cervical")], NothingAcute = s_nothing, Normal = ["Normal MRI of the cervical spine.", "Unremarkable cervical spine MRI.", "Normal cervical spine."],
        Reasons =
        [
            new(["neck pain", "chronic neck pain", "neck pain and stiffness"]) { Boosts = ["disc bulge"], Weight = 5 },
            new(["neck pain radiating to the right arm", "left arm numbness and tingling", "cervical radiculopathy"]) { Boosts = ["disc herniation"], Question = "canal stenosis", Asks = "nerve root compression", Weight = 5 },
            new(["gait instability and hand clumsiness", "myelopathy", "hyperreflexia"]) { Boosts = ["cord signal abnormality"], Question = "cord signal abnormality", Asks = "cord compression", NotWith = ["canal stenosis"], Weight = 2, MinAge = 35 },
        ],
    };

    public static readonly ReportExam Thoracic = new("MRI thoracic spine")
    {
        Modality = "MR", Titles = ["MRI Thoracic Spine without Contrast", "MR T-SPINE WO CONTRAST", "MRI of the thoracic spine"], Noun = "thoracic spine MRI", Weight = 1.5, Findings = 2.4, NormalChance = 0.18, AcuteConcept = "acute osseous abnormality of the spine", Interval = StudyInterval.Years,
        Techniques = ["Sagittal T1, T2 and STIR and axial T2-weighted images of the thoracic spine.", "Multiplanar noncontrast MRI of the thoracic spine.", "MRI of the thoracic spine without contrast."],
        Organs = [Vertebrae(["T5", "T7", "T9", "T11", "T12"], "thoracic"), Cord("thoracic"), Discs(ThoracicLevels, s_cervicalStenosis, "thoracic")], NothingAcute = s_nothing, Normal = ["Normal MRI of the thoracic spine.", "Unremarkable thoracic spine MRI.", "Normal thoracic spine."],
        Reasons =
        [
            new(["mid back pain", "thoracic back pain", "interscapular pain"]) { Boosts = ["disc herniation", "disc bulge"], Weight = 5 },
            new(["bilateral leg weakness with a sensory level", "suspected cord compression", "transverse myelitis"]) { Boosts = ["cord signal abnormality"], Question = "cord signal abnormality", Asks = "myelopathy", Weight = 3 },
            new(["back pain and known malignancy", "cancer with new back pain"]) { Boosts = ["marrow lesion", "vertebral compression fracture"], Question = "marrow abnormality", Asks = "osseous metastasis", Weight = 3, MinAge = 45 },
        ],
    };
}
