using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>CT of the head without contrast, of the sinuses, and of the neck.</summary>
internal static class HeadCt
{
    private static readonly ReportOrgan s_brain = new("Brain")
    {
        Normals =
        [
            new(["intracranial hemorrhage", "acute infarct", "intracranial mass"], ["No acute intracranial hemorrhage, infarct or mass.", "There is no hemorrhage, mass or loss of gray-white differentiation.", "No intracranial hemorrhage, mass effect or acute territorial infarction."]) { Chance = 0.5 },
            new(["acute infarct"], ["Gray-white differentiation is preserved.", "Gray-white matter differentiation is maintained.", "The gray-white interface is intact."]) { Chance = 0.7 },
            new(["white matter disease"], ["The white matter is normal in attenuation.", "No white matter abnormality.", "Normal attenuation of the white matter."]) { Chance = 0.25 },
        ],
        Negatives = [new("intracranial hemorrhage", "acute intracranial hemorrhage", "intracranial hemorrhage", "acute hemorrhage"), new("acute infarct", "acute territorial infarct", "acute infarct"), new("intracranial mass", "intracranial mass", "mass lesion"), new("midline shift", "midline shift")],
        Findings =
        [
            new("subdural hematoma") { Nouns = ["subdural hematoma", "subdural collection"], Concepts = ["intracranial hemorrhage", "extra-axial collection"], Side = FindingSide.Either, Traits = [new("density", "hyperdense", "mixed-density", "isodense"), new("over", "along the convexity", "along the frontoparietal convexity", "along the falx")], Size = new(4, 19), Weight = 3, MinAge = 25, Rank = 3, Acute = true, Course = FindingCourse.Acute, Says = ["{there} {density} {side} {x} {over} measuring {size} in thickness{since}.", "{density} {side} {x} {over}, {size} thick{since}.", "{a} {new} {density} {side} {x} {over} measures {size} in maximal thickness."], Ends = ["{density} {side} {x} measuring {size}{since}.", "{new} {side} {x} {over}, {size} in thickness.", "{there} {density} {side} {x} measuring {size}{since}."], Advice = s => s.IsStable ? Advice.HeadCtSoon : Advice.Neurosurgery, AdviceChance = 0.8 },
            new("intraparenchymal hemorrhage") { Nouns = ["intraparenchymal hemorrhage", "parenchymal hematoma", "hyperdense hemorrhage"], Concepts = ["intracranial hemorrhage"], Places = [.. Lobar, "right basal ganglia", "left basal ganglia", "left thalamus", "right thalamus"], Size = new(8, 46, 2), Weight = 2.2, MinAge = 30, Rank = 3, Acute = true, Course = FindingCourse.Acute, Says = ["{there} {size} {x} in the {place}{since}.", "{size} {x} in the {place} with surrounding edema{since}.", "{a} {new} {x} in the {place} measures {size}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {x} in the {place}, {size}.", "{there} {size} {x} in the {place}{since}."], Advice = s => s.IsStable ? Advice.HeadCtSoon : Advice.Neurosurgery },
            new("subarachnoid hemorrhage") { Nouns = ["~subarachnoid hemorrhage", "~subarachnoid blood"], Concepts = ["intracranial hemorrhage"], Places = ["basal cisterns", "right sylvian fissure", "left sylvian fissure", "right frontal sulci", "left frontal sulci"], Grades = Mild, Weight = 1.6, Rank = 3, Acute = true, Course = FindingCourse.Acute, Says = ["There is {grade} {x} in the {place}{since}.", "{grade} {x} in the {place}{since}.", "{new} {grade} {x} in the {place}.", "{there} {grade} {x} in the {place}{since}."], Ends = ["{grade} {x} in the {place}{since}.", "{new} {x} in the {place}.", "{there} {grade} {x} in the {place}{since}."], Advice = s => s.IsStable ? null : Advice.Neurosurgery },
            new("acute infarct") { OldNouns = ["chronic infarct", "old infarct"], Nouns = ["~loss of gray-white differentiation", "~hypoattenuation with loss of the gray-white interface"], Places = ["right middle cerebral artery territory", "left middle cerebral artery territory", "right posterior cerebral artery territory", "left posterior cerebral artery territory", "left cerebellar hemisphere", "right cerebellar hemisphere"], Weight = 2, MinAge = 35, Rank = 3, Acute = true, Course = FindingCourse.Injury, Diagnoses = ["acute infarct", "acute to subacute infarction"], Says = ["There is {x} in the {place}{since}.", "{x} in the {place}{since}.", "{new} {x} in the {place}.", "{there} {x} in the {place}{since}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."], Advice = _ => Advice.BrainMr },
            new("chronic infarct") { Kinds = ["~encephalomalacia", "chronic lacunar infarct", "remote infarct"], Places = ["right basal ganglia", "left basal ganglia", "left corona radiata", "right frontal lobe", "left cerebellar hemisphere", "right occipital lobe"], Weight = 2.2, MinAge = 50, Rank = 1, Course = FindingCourse.Fixed, Says = ["{there} {x} in the {place}.", "{x} in the {place}, compatible with a prior insult.", "Sequela of old ischemia with {x} in the {place}."], Ends = ["{x} in the {place}.", "Chronic ischemic change: {x} in the {place}.", "{there} {x} in the {place}."] },
            new("white matter disease") { Nouns = ["~periventricular white matter hypoattenuation", "~hypoattenuation of the periventricular white matter", "~patchy white matter hypodensity"], Grades = Stenosis, Weight = 4.5, MinAge = 52, Rank = 1, Diagnoses = ["chronic microvascular ischemic change", "chronic small vessel ischemic disease"], Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {grade} {x}{dx}.", "{there} {grade} {x}{since}{dx}."] },
            new("intracranial mass") { Kinds = ["hyperattenuating mass", "mass with surrounding vasogenic edema", "mass"], Places = Lobar, Size = new(11, 52, 2), Weight = 1, MinAge = 25, Rank = 3, Acute = true, Course = FindingCourse.Lesion, Diagnoses = ["metastasis", "a primary neoplasm", "a primary or metastatic neoplasm"], Says = ["{there} {size} {x} in the {place}{since}.", "{size} {x} centered in the {place}{since}.", "{a} {new} {x} in the {place} measures {size}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = _ => Advice.BrainMr, AdviceChance = 0.9 },
            new("calcified meningioma") { Kinds = ["calcified extra-axial mass", "dural-based calcified mass"], Concepts = ["intracranial mass"], Places = ["right frontal convexity", "left frontal convexity", "right parietal convexity", "falx"], At = "along the {place}", Size = new(7, 28), Weight = 0.9, MinAge = 45, Rank = 1, Course = FindingCourse.Lesion, Diagnoses = ["a meningioma"], Says = ["{size} {x} {at}{since}.", "{there} {new} {size} {x} {at}."], Ends = ["{size} {x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {size} {x} {at}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_ventricles = new("Ventricles and extra-axial spaces")
    {
        Normals =
        [
            new(["hydrocephalus", "atrophy"], ["Ventricles and sulci are normal in size and configuration.", "The ventricles are normal in size for age.", "Ventricles, sulci and basal cisterns are normal.", "Normal size and configuration of the ventricles."]),
            new(["extra-axial collection"], ["No extra-axial fluid collection.", "There is no extra-axial collection.", "Extra-axial spaces are unremarkable."]) { Chance = 0.5 },
        ],
        Findings =
        [
            new("atrophy") { Nouns = ["~cerebral volume loss", "~generalized parenchymal volume loss", "~cerebral atrophy"], Grades = Stenosis, Weight = 4, MinAge = 58, Rank = 1, Says = ["{grade} {x} with proportionate ventricular enlargement{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("hydrocephalus") { Nouns = ["~ventricular enlargement out of proportion to the sulci", "~ventriculomegaly"], Grades = Stenosis, Weight = 0.9, Rank = 3, Acute = true, Course = FindingCourse.Acute, Excludes = ["atrophy"], Diagnoses = ["communicating hydrocephalus", "hydrocephalus"], Says = ["There is {grade} {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {grade} {x}{dx}.", "{there} {grade} {x}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Neurosurgery },
        ],
    };

    private static readonly ReportOrgan s_skull = new("Skull and sinuses")
    {
        Normals =
        [
            new(["skull fracture"], ["The calvarium is intact.", "No calvarial fracture.", "No skull fracture is identified.", "Calvarium and skull base are intact."]),
            new(["sinus disease"], ["The paranasal sinuses and mastoid air cells are clear.", "Visualized paranasal sinuses are clear.", "Paranasal sinuses and mastoids are well aerated."]) { Chance = 0.6 },
        ],
        Findings =
        [
            new("skull fracture") { OldNouns = ["healing fracture", "old fracture"], Kinds = ["nondisplaced fracture", "linear fracture"], Places = ["right parietal bone", "left parietal bone", "right temporal bone", "left temporal bone", "occipital bone"], At = "of the {place}", Weight = 1, Rank = 3, Acute = true, Course = FindingCourse.Injury, Says = ["{there} {x} {at}{since}.", "{x} {at}{since}.", "{new} {x} {at}."], Ends = ["{x} {at}{since}.", "{new} {x} {at}.", "{there} {x} {at}{since}."] },
            new("scalp hematoma") { Kinds = ["scalp hematoma", "scalp soft tissue swelling"], Places = ["right frontal", "left frontal", "right parietal", "left parietal", "occipital"], At = "in the {place} region", Size = new(4, 18), Weight = 2, Rank = 1, Acute = true, Course = FindingCourse.Acute, Says = ["{place} {x} measuring {size} in thickness{since}.", "{there} {new} {place} {x}, up to {size} thick.", "{there} {place} {x} measuring {size} in thickness{since}."], Ends = ["{place} {x}{since}.", "{new} {place} {x}.", "{there} {place} {x}{since}."] },
            new("sinus mucosal thickening") { Nouns = ["~mucosal thickening"], Concepts = ["sinus disease"], Places = Sinuses, Grades = Mild, Weight = 3, Rank = 0, Course = FindingCourse.Acute, Most = 2, Says = ["{grade} {x} in the {place}{since}.", "There is {grade} {x} in the {place}{since}.", "{new} {grade} {x} in the {place}.", "{there} {grade} {x} in the {place}{since}."] },
        ],
    };

    public static readonly ReportExam Head = new("CT head without contrast")
    {
        Modality = "CT", Titles = ["CT Head without Contrast", "CT HEAD WO CONTRAST", "Noncontrast head CT", "CT brain without contrast"], Noun = "head CT", Weight = 7, Findings = 2.2, NormalChance = 0.24, AcuteConcept = "acute intracranial abnormality", Interval = StudyInterval.Weeks,
        Techniques = ["Axial CT images of the head without intravenous contrast.", "Noncontrast CT of the head.", "Helical CT of the head without contrast, with coronal and sagittal reformats.", "Contiguous axial images from the skull base to the vertex without contrast."],
        Organs = [s_brain, s_ventricles, s_skull],
        NothingAcute = ["No acute intracranial abnormality.", "No acute intracranial process.", "No CT evidence of acute intracranial abnormality.", "No acute intracranial findings."], Normal = ["Normal noncontrast head CT.", "Normal CT of the head.", "Unremarkable head CT."],
        Reasons =
        [
            new(["a fall with head strike", "head trauma", "fall on anticoagulation", "motor vehicle collision with loss of consciousness"]) { Boosts = ["subdural hematoma", "subarachnoid hemorrhage", "scalp hematoma", "skull fracture"], Question = "intracranial hemorrhage", Asks = "intracranial hemorrhage", Weight = 5 },
            new(["acute left-sided weakness", "acute right-sided weakness", "slurred speech and facial droop", "acute onset aphasia"]) { Boosts = ["acute infarct", "intraparenchymal hemorrhage", "chronic infarct"], Question = "intracranial hemorrhage", Asks = "hemorrhage", Weight = 5, MinAge = 35 },
            new(["headache", "worst headache of life", "sudden severe headache", "new daily headache"]) { Boosts = ["subarachnoid hemorrhage", "intracranial mass"], Question = "intracranial hemorrhage", Asks = "subarachnoid hemorrhage", Weight = 4 },
            new(["altered mental status", "confusion", "worsening confusion"]) { Boosts = ["subdural hematoma", "atrophy", "hydrocephalus"], Weight = 4, MinAge = 40 },
            new(["new onset seizure", "breakthrough seizure", "first seizure"]) { Boosts = ["intracranial mass", "chronic infarct"], Question = "intracranial mass", Asks = "intracranial mass", Weight = 2 },
            new(["dizziness", "vertigo", "syncope"]) { Weight = 3 },
        ],
    };

    private static readonly ReportOrgan s_sinuses = new("Paranasal sinuses")
    {
        Normals =
        [
            new(["sinus disease"], ["The paranasal sinuses are clear.", "Paranasal sinuses are well aerated and clear.", "No mucosal thickening or air-fluid level.", "Normal aeration of the paranasal sinuses."]),
            new(["obstructed drainage"], ["The ostiomeatal units are patent.", "Ostiomeatal complexes are patent bilaterally.", "Patent ostiomeatal complexes."]) { Chance = 0.6 },
        ],
        Findings =
        [
            new("sinus mucosal thickening") { Nouns = ["~mucosal thickening", "~mucoperiosteal thickening"], Concepts = ["sinus disease"], Places = Sinuses, Grades = Stenosis, Weight = 6, Rank = 1, Course = FindingCourse.Acute, Most = 3, Says = ["{grade} {x} in the {place}{since}.", "There is {grade} {x} in the {place}{since}.", "{new} {grade} {x} in the {place}.", "{there} {grade} {x} in the {place}{since}."], Ends = ["{grade} {x} in the {place}{since}.", "{new} {grade} {x} in the {place}.", "{there} {grade} {x} in the {place}{since}."] },
            new("air-fluid level") { Concepts = ["sinus disease"], Places = ["right maxillary sinus", "left maxillary sinus", "sphenoid sinus"], Weight = 2.5, Rank = 2, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["acute sinusitis"], Says = ["{there} {x} in the {place}{since}.", "{new} {x} in the {place}.", "{x} in the {place}{since}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."] },
            new("sinus retention cyst") { Nouns = ["mucous retention cyst", "retention cyst"], Concepts = ["sinus disease"], Places = ["right maxillary sinus", "left maxillary sinus"], Size = new(6, 26), Weight = 3, Rank = 1, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{x} in the {place}{since}.", "{new} {size} {x} in the {place}.", "{there} {x} in the {place}{since}."] },
            new("ostiomeatal obstruction") { Nouns = ["~opacification of the ostiomeatal unit", "~obstruction of the ostiomeatal complex"], Concepts = ["obstructed drainage"], Side = FindingSide.Either, Weight = 2, Rank = 1, Course = FindingCourse.Acute, Says = ["There is {x} on the {side}{since}.", "{new} {x} on the {side}.", "{there} {new} {x} on the {side}."], Ends = ["{x} on the {side}{since}.", "{new} {x} on the {side}.", "{there} {x} on the {side}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_nose = new("Nasal cavity and orbits")
    {
        Normals = [new(["orbital abnormality"], ["The orbits are unremarkable.", "Orbital contents are normal.", "No orbital abnormality."]), new(["mastoid disease"], ["Mastoid air cells are clear.", "The mastoids are well aerated.", "Clear mastoid air cells and middle ear cavities."]) { Chance = 0.6 }],
        Findings =
        [
            new("septal deviation") { Nouns = ["~deviation of the nasal septum", "~nasal septal deviation"], Side = FindingSide.Either, Grades = Stenosis, Traits = [new("spur", "with a bony spur", "without a spur")], Weight = 5, Rank = 1, Course = FindingCourse.Fixed, Says = ["{grade} {x} to the {side} {spur}.", "There is {grade} {x} to the {side} {spur}.", "{grade} {side}ward {x}."], Ends = ["{grade} {x} to the {side}.", "{x} to the {side}, {grade} in degree.", "{there} {grade} {x} to the {side}."] },
            new("concha bullosa") { Nouns = ["concha bullosa/conchae bullosae"], Side = FindingSide.EitherOrBoth, Weight = 2.5, Rank = 0, Course = FindingCourse.Fixed, Says = ["{there} {side} {x}.", "{side} {x}, an anatomic variant.", "{x} on the {side}."] },
            new("nasal polyp") { Nouns = ["#nasal polyps", "#polypoid soft tissue densities"], Side = FindingSide.EitherOrBoth, Weight = 1.5, Rank = 2, Course = FindingCourse.Lesion, Diagnoses = ["sinonasal polyposis"], Says = ["{side} {x} in the nasal cavity{since}.", "There are {new} {side} {x}.", "{there} {side} {x} in the nasal cavity{since}."], Ends = ["{side} {x}{since}{dx}.", "{new} {side} {x}{dx}.", "{there} {side} {x}{since}{dx}."] },
        ],
    };

    public static readonly ReportExam Sinus = new("CT sinuses")
    {
        Modality = "CT", Titles = ["CT Sinuses without Contrast", "CT SINUS WO CONTRAST", "CT paranasal sinuses", "CT maxillofacial sinuses"], Noun = "sinus CT", Weight = 2.5, Findings = 3, NormalChance = 0.14, AcuteConcept = "acute sinus disease",
        Techniques = ["Axial CT of the paranasal sinuses without contrast, with coronal and sagittal reformats.", "Noncontrast CT of the sinuses.", "Thin-section CT of the paranasal sinuses with multiplanar reformats."],
        Organs = [s_sinuses, s_nose], NothingAcute = ["No acute sinus disease.", "No evidence of acute sinusitis.", "No air-fluid level to suggest acute sinusitis."], Normal = ["Normal CT of the paranasal sinuses.", "Clear paranasal sinuses.", "Unremarkable sinus CT."],
        Reasons =
        [
            new(["chronic sinusitis", "recurrent sinusitis", "nasal congestion and facial pressure"]) { Boosts = ["sinus disease"], Question = "sinus disease", Asks = "sinus disease", Weight = 5 },
            new(["nasal obstruction", "preoperative planning for sinus surgery", "difficulty breathing through the nose"]) { Boosts = ["septal deviation", "nasal polyp", "concha bullosa"], Weight = 4 },
            new(["facial pain and fever", "persistent purulent rhinorrhea"]) { Boosts = ["air-fluid level"], Weight = 3 },
        ],
    };

    private static readonly ReportOrgan s_neckSpaces = new("Pharynx, larynx and glands")
    {
        Normals =
        [
            new(["pharyngeal abnormality"], ["The nasopharynx, oropharynx and larynx are unremarkable.", "Aerodigestive tract is unremarkable.", "No mucosal mass of the pharynx or larynx.", "Normal pharynx and larynx."]),
            new(["salivary abnormality"], ["The parotid and submandibular glands are symmetric and normal.", "Salivary glands are unremarkable.", "Major salivary glands are normal."]) { Chance = 0.6 },
            new(["thyroid abnormality"], ["The thyroid is normal.", "Thyroid gland is unremarkable.", "Normal thyroid gland."]) { Chance = 0.6 },
        ],
        Negatives = [new("neck abscess", "drainable abscess", "fluid collection")],
        Findings =
        [
            new("thyroid nodule") { Nouns = ["hypodense nodule", "nodule", "low-attenuation nodule"], Concepts = ["thyroid abnormality"], Places = ["right thyroid lobe", "left thyroid lobe"], Size = new(6, 36), Weight = 3, Rank = 1, Course = FindingCourse.Lesion, AdviceChance = 1, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {place} {x} measuring {size}.", "{there} {size} {x} in the {place}{since}."], Advice = s => s.Largest >= 15 ? Advice.ThyroidUltrasound : Advice.NoFollowUp },
            new("peritonsillar abscess") { Nouns = ["rim-enhancing collection"], Concepts = ["neck abscess", "pharyngeal abnormality"], Places = ["right peritonsillar region", "left peritonsillar region"], Size = new(10, 34), Weight = 1.6, MaxAge = 60, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["peritonsillar abscess"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."] },
            new("sialolithiasis") { Nouns = ["calculus/calculi"], Concepts = ["salivary abnormality"], Places = ["right submandibular duct", "left submandibular duct"], Size = new(3, 9), Weight = 1.2, Rank = 2, Acute = true, Course = FindingCourse.Lesion, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place} with ductal dilatation.", "{there} {size} {x} in the {place}{since}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {place} {x} measuring {size}.", "{there} {size} {x} in the {place}{since}."] },
            new("laryngeal mass") { Kinds = ["enhancing mass", "mucosal mass"], Concepts = ["pharyngeal abnormality"], Places = ["right tongue base", "left tongue base", "right tonsil", "left tonsil", "supraglottic larynx"], Size = new(12, 42, 2), Weight = 1, MinAge = 40, Rank = 3, Course = FindingCourse.Lesion, Diagnoses = ["squamous cell carcinoma", "malignancy"], Says = ["{size} {x} of the {place}{since}.", "{there} {new} {size} {x} centered in the {place}.", "{there} {size} {x} of the {place}{since}."], Ends = ["{size} {x} of the {place}{since}{dx}.", "{new} {x} of the {place}{dx}.", "{there} {size} {x} of the {place}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.TissueSampling },
        ],
    };

    private static readonly ReportOrgan s_neckNodes = new("Lymph nodes and vessels")
    {
        Normals =
        [
            new(["cervical lymphadenopathy"], ["No cervical lymphadenopathy.", "No pathologically enlarged cervical lymph nodes.", "Cervical lymph nodes are normal in size."]),
            new(["vascular abnormality of the neck"], ["The carotid arteries and jugular veins are patent.", "Major cervical vessels are patent.", "Normal enhancement of the cervical vessels."]) { Chance = 0.6 },
        ],
        Findings =
        [
            new("cervical lymphadenopathy") { Nouns = ["lymph node"], Places = ["right level II", "left level II", "right level III", "left level III", "left level V", "right supraclavicular"], At = "at {place}", Size = new(11, 33), Traits = [new("look", "homogeneous", "necrotic", "rounded")], Weight = 4, Rank = 2, Course = FindingCourse.Lesion, Most = 2, Says = ["Enlarged {look} {place} {x} measuring {size}{since}.", "{there} {new} {look} {place} {x} of {size}.", "{new} {look} {place} {x} of {size}."], Ends = ["Enlarged {place} {x} measuring {size}{since}.", "{new} {place} lymphadenopathy, {size}.", "{there} {new} {place} lymphadenopathy, {size}."], Advice = s => s.IsStable ? null : Advice.TissueSampling, AdviceChance = 0.4 },
            new("carotid plaque") { Kinds = ["~calcified plaque", "~atherosclerotic plaque"], Concepts = ["vascular abnormality of the neck"], Places = ["right carotid bifurcation", "left carotid bifurcation"], At = "at the {place}", Weight = 2, MinAge = 55, Rank = 0, Says = ["{x} {at}{since}.", "There is {new} {x} {at}.", "{there} {x} {at}{since}."] },
        ],
    };

    public static readonly ReportExam Neck = new("CT neck with contrast")
    {
        Modality = "CT", Titles = ["CT Neck with Contrast", "CT SOFT TISSUE NECK W CONTRAST", "CT neck soft tissues"], Noun = "neck CT", Weight = 2.5, Contrast = true, Findings = 2, NormalChance = 0.2, AcuteConcept = "acute abnormality of the neck",
        Techniques = ["CT of the neck after {ml} mL of intravenous contrast.", "Contrast-enhanced axial CT from the skull base to the thoracic inlet.", "Helical CT of the soft tissues of the neck with IV contrast, with reformats."],
        Organs = [s_neckSpaces, s_neckNodes], NothingAcute = ["No acute abnormality in the neck.", "No acute findings in the soft tissues of the neck.", "No acute process in the neck."], Normal = ["Normal CT of the neck.", "Unremarkable CT of the neck.", "Normal contrast-enhanced neck CT."],
        Reasons =
        [
            new(["a neck mass", "palpable neck mass", "enlarging neck lump"]) { Boosts = ["cervical lymphadenopathy", "thyroid nodule"], Question = "cervical lymphadenopathy", Asks = "lymphadenopathy", Weight = 5 },
            new(["sore throat and fever", "trismus and throat pain", "dysphagia and fever"]) { Boosts = ["peritonsillar abscess"], Question = "neck abscess", Asks = "abscess", Weight = 4, MaxAge = 65 },
            new(["head and neck cancer surveillance", "known tonsillar cancer", "hoarseness and smoking history"]) { Boosts = ["laryngeal mass", "cervical lymphadenopathy"], Weight = 3, MinAge = 40 },
        ],
    };
}
